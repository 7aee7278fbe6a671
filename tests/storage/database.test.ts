import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { databaseError, isConnectionError } from "../../src/storage/database-error.ts";
import { clusterFolders, clusterPassword } from "../../src/storage/postgres-cluster.ts";
import { readPostmaster } from "../../src/storage/postgres-server.ts";
import { connectPrivatePostgres, stopPrivatePostgres } from "../../src/storage/private-postgres.ts";
import { startHarkProcess } from "./hark-processes.ts";
import { temporaryHome } from "./temporary-home.ts";
import { createTestDatabase } from "./test-database.ts";

const onWindows = process.platform === "win32";

describe("a Postgres of the user's own, on TCP with a password", { timeout: 120_000 }, async () => {
  const home = await temporaryHome();
  const { data } = await clusterFolders(home);

  async function serverUrl(password?: string): Promise<string> {
    (await connectPrivatePostgres(home, "tcp")).destroy();
    const port = (await readPostmaster(data))?.port;
    return `postgres://hark:${password ?? (await clusterPassword(data))}@127.0.0.1:${port}/hark`;
  }

  test("is used, and left running on close", async () => {
    const databaseUrl = await serverUrl();
    for (let turn = 0; turn < 2; turn++) {
      const database = await openDatabase({ databaseUrl, home: "/nowhere" });
      expect(database.kind).toBe("external");
      await database.ping();
      expect(await database.sql`select count(*)::int as tracks from tracks`).toEqual([{ tracks: 0 }]);
      expect(await database.sql`show application_name`).toEqual([{ application_name: "hark" }]);
      await database.close();
    }
    expect(await serverUrl()).toBe(databaseUrl);
  });

  test("keeps the password out of every error, and says what to do", async () => {
    const databaseUrl = await serverUrl("wrong-secret");
    const error = await openDatabase({ databaseUrl, home }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "unavailable", message: expect.stringContaining("DATABASE_URL") });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("wrong-secret");
  });

  test("is `unavailable` while it is away", async () => {
    const database = await openDatabase({ databaseUrl: await serverUrl(), home });
    await stopPrivatePostgres(home);
    await expect(database.ping()).rejects.toMatchObject({ kind: "unavailable" });
    await expect(database.locks.isLocked("key")).rejects.toMatchObject({ kind: "unavailable" });
    await database.close();
  });

  test("is connected to again after its connections were cut", async () => {
    const databaseUrl = await serverUrl();
    const [database, other] = await Promise.all([1, 2].map(() => openDatabase({ databaseUrl, home })));
    if (database === undefined || other === undefined) throw new Error("not opened");
    await other.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hark' and pid <> pg_backend_pid()`;
    await database.ping().catch(() => {}); // may still hold a broken connection
    await expect(database.ping()).resolves.toBeUndefined();
    expect(await database.locks.withLock("key", AbortSignal.timeout(5_000), async () => "works")).toBe("works");
    await Promise.all([database.close(), other.close()]);
  });
});

test("nobody listening is `unavailable`", async () => {
  const databaseUrl = "postgres://hark:secret@127.0.0.1:1/hark";
  const error = await openDatabase({ databaseUrl, home: "/nowhere" }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ kind: "unavailable" });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("secret");
});

test("an address that is not one of Postgres is `invalid_input`", async () => {
  for (const databaseUrl of [
    "",
    "secret",
    "mysql://secret@host/db",
    "postgres://u:secret@ho st/db",
    "postgres://u:secret@h:x/db",
  ]) {
    const error = await openDatabase({ databaseUrl, home: "/nowhere" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "invalid_input" });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("secret");
  }
});

describe.skipIf(onWindows)("migrations (skipped on Windows: Unix sockets)", { timeout: 120_000 }, () => {
  test("three processes at once on an empty database all succeed, and migrate it once", async () => {
    const { home, databaseUrl } = await createTestDatabase();
    const processes = Array.from({ length: 3 }, () => startHarkProcess(home, databaseUrl));
    expect(await Promise.all(processes.map(({ opened }) => opened))).toEqual(Array(3).fill("opened"));
    expect(await Promise.all(processes.map((one) => one.close()))).toEqual([0, 0, 0]);
    expect(processes.map((one) => one.written()).join("")).toBe("");

    const database = await openDatabase({ home, databaseUrl });
    const [applied] =
      await database.sql`select count(*)::int as all, count(distinct hash)::int as different from drizzle.hark_migrations`;
    expect(applied?.all).toBeGreaterThan(0);
    expect(applied?.all).toBe(applied?.different);
    await database.close();
  });
});

test("errors that may be shown hold neither SQL nor upstream text", () => {
  const upstream = Object.assign(new Error("relation secret"), { code: "42P01" });
  expect(databaseError(upstream)).toMatchObject({ kind: "internal", cause: upstream });
  expect(databaseError(upstream).message).not.toContain("secret");
  const lost = new Error("Failed query: select", { cause: Object.assign(new Error("gone"), { code: "57P01" }) });
  expect(databaseError(lost)).toMatchObject({ kind: "unavailable", cause: lost });
  const known = databaseError(lost);
  expect(databaseError(new Error("wrapped", { cause: known }))).toBe(known);
  expect(isConnectionError(known)).toBe(false);
});
