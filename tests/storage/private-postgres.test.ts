import { spawn } from "node:child_process";
import { chmod, mkdir, readFile, realpath, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { clusterFolders } from "../../src/storage/postgres-cluster.ts";
import { isPostmaster, readPostmaster } from "../../src/storage/postgres-server.ts";
import { canReach, serviceUser } from "../../src/storage/postgres-user.ts";
import {
  connectPrivatePostgres,
  privatePostgresStatus,
  stopPrivatePostgres,
} from "../../src/storage/private-postgres.ts";
import { killIfRunning, killServer, temporaryHome } from "./temporary-home.ts";

const onUnix = process.platform !== "win32";
const SLOW = { timeout: 120_000 };
const isRoot = process.getuid?.() === 0;

async function connectOnce(home: string): Promise<number> {
  (await connectPrivatePostgres(home)).destroy();
  const { pid } = await privatePostgresStatus(home);
  return pid ?? 0;
}

describe.skipIf(!onUnix)("private Postgres (skipped on Windows: Unix sockets)", SLOW, async () => {
  const home = await temporaryHome();
  const { data, root } = await clusterFolders(home);

  test("says that nothing runs before it is first used, and makes nothing", async () => {
    const stopped = { running: false, pid: null, version: null, dataFolder: data, socketFolder: null, clients: 0 };
    expect(await privatePostgresStatus(home)).toEqual(stopped);
    expect(await stopPrivatePostgres(home)).toBe(false);
    await expect(stat(root)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("starts on first use in folders that only its user may enter, and stops on demand", async () => {
    const pid = await connectOnce(home);
    const status = await privatePostgresStatus(home);
    expect(status).toMatchObject({ running: true, version: "18.4", dataFolder: data, socketFolder: data });
    expect(await isPostmaster(pid, data)).toBe(true);
    for (const folder of [root, data]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(data, "postmaster.opts"), "utf8")).toContain('"listen_addresses="');
    expect(await connectOnce(home)).toBe(pid);
    expect(await stopPrivatePostgres(home)).toBe(true);
    expect((await privatePostgresStatus(home)).running).toBe(false);
    await expect.poll(() => isPostmaster(pid, data)).toBe(false);
  });

  test("starts again after its server was killed, with what was committed", async () => {
    const database = await openDatabase({ home });
    await database.sql`create table kept (n int)`;
    await database.sql`insert into kept values (1)`;
    const killed = await killServer(home);
    while (await isPostmaster(killed, data)) await sleep(10);
    // The sessions outlive the server for a moment.
    const newPid = async () => {
      await database.ping().catch(() => {});
      return (await privatePostgresStatus(home)).pid ?? killed;
    };
    await expect.poll(newPid, { timeout: 60_000 }).not.toBe(killed);
    expect(await database.sql`select n from kept`).toMatchObject([{ n: 1 }]);
    await database.close();
  });

  test("starts although a dead server's pid belongs to an unrelated living process of its user", async () => {
    await connectOnce(home);
    const user = await serviceUser(data);
    const unrelated = spawn("sleep", ["300"], { stdio: "ignore", ...user });
    try {
      const killed = await killServer(home);
      while (await isPostmaster(killed, data)) await sleep(10);
      for (const name of ["postmaster.pid", ".s.PGSQL.5432.lock"]) {
        const content = await readFile(join(data, name), "utf8");
        await writeFile(join(data, name), content.replace(/^\d+/, String(unrelated.pid)));
      }
      expect((await readPostmaster(data))?.pid).toBe(unrelated.pid);
      expect(await stopPrivatePostgres(home)).toBe(false);
      expect(await connectOnce(home)).not.toBe(unrelated.pid);
      expect(unrelated.exitCode).toBeNull();
    } finally {
      unrelated.kill();
    }
  });

  test("refuses a folder that another major version made", async () => {
    await stopPrivatePostgres(home);
    await writeFile(join(data, "PG_VERSION"), "17\n");
    const error = await connectPrivatePostgres(home).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "unavailable", message: expect.stringMatching(/Postgres 17.*Postgres 18/) });
    expect(String(error)).not.toContain(home);
  });
});

describe.skipIf(!onUnix)("private Postgres in odd places (skipped on Windows: Unix sockets)", SLOW, () => {
  test("puts the socket of a long path into a private folder of its own", async () => {
    const home = join(await temporaryHome(), "long".repeat(25), 'and "odd", names');
    onTestFinished(() => killIfRunning(home));
    await mkdir(home, { recursive: true });
    await connectOnce(home);
    const { socketFolder, dataFolder } = await privatePostgresStatus(home);
    if (socketFolder === null) throw new Error("no socket");
    onTestFinished(() => rm(socketFolder, { recursive: true, force: true }));
    expect(socketFolder).not.toBe(dataFolder);
    expect((await stat(socketFolder)).mode & 0o777).toBe(0o700);

    await stopPrivatePostgres(home);
    await chmod(socketFolder, 0o777);
    await expect(connectPrivatePostgres(home)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("shorter path"),
    });
    await chmod(socketFolder, 0o700);
    await connectOnce(home);
    await stopPrivatePostgres(home);
  });

  test("calls a folder that is reached through a link by its real name", async () => {
    const outer = await temporaryHome();
    await mkdir(join(outer, "real"));
    await symlink(join(outer, "real"), join(outer, "link"));
    onTestFinished(() => killIfRunning(join(outer, "real", "home")));
    const pid = await connectOnce(join(outer, "link", "home"));
    expect(await privatePostgresStatus(join(outer, "real", "home"))).toMatchObject({ running: true, pid });
    expect(await isPostmaster(pid, (await clusterFolders(join(outer, "real", "home"))).data)).toBe(true);
    expect(await stopPrivatePostgres(join(outer, "real", "home"))).toBe(true);
  });

  test("says what to do when the data folder cannot be made", async () => {
    const outer = await temporaryHome();
    await writeFile(join(outer, "file"), "");
    const error = await connectPrivatePostgres(join(outer, "file", "home")).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "unavailable", message: expect.stringMatching(/HARK_HOME.*DATABASE_URL/) });
    expect(String(error)).not.toContain(outer);
  });

  test.skipIf(!isRoot)(
    "as root, lies elsewhere when its user cannot reach the data folder (skipped: not root)",
    async () => {
      const outer = await temporaryHome();
      await chmod(outer, 0o700);
      const home = join(outer, "home");
      const pids = await Promise.all([connectOnce(home), connectOnce(home), connectOnce(home)]);
      expect(new Set(pids).size).toBe(1);
      const { root, data } = await clusterFolders(home);
      expect(root.startsWith(outer)).toBe(false);
      expect(await realpath(join(home, "postgres"))).toBe(root);
      expect(await privatePostgresStatus(home)).toMatchObject({ running: true, pid: pids[0], dataFolder: data });
      await stopPrivatePostgres(home);

      // The data folder is deleted: the next one that needs a place elsewhere finds the first one's abandoned.
      await rm(home, { recursive: true });
      await utimes(`${root}.link`, 0, 0);
      const other = join(outer, "other");
      await connectOnce(other);
      await stopPrivatePostgres(other);
      await expect(stat(root)).rejects.toMatchObject({ code: "ENOENT" });
      const { root: otherRoot } = await clusterFolders(other);
      await rm(otherRoot, { recursive: true });
      await rm(`${otherRoot}.link`);
    },
  );

  test.skipIf(!isRoot)("as root it runs as the owner of the data folder (skipped: not root)", async () => {
    const home = await temporaryHome();
    const pid = await connectOnce(home);
    const { data } = await clusterFolders(home);
    const user = await serviceUser(data);
    expect(user?.uid).toBeGreaterThan(0);
    expect((await stat(`/proc/${pid}`)).uid).toBe(user?.uid);
    expect(user !== null && (await canReach(data, user))).toBe(true);
    await stopPrivatePostgres(home);
  });
});
