import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { privatePostgresStatus, stopPrivatePostgres } from "../../src/storage/private-postgres.ts";
import { type HarkProcess, startHarkProcess } from "./hark-processes.ts";
import { killServer, temporaryHome } from "./temporary-home.ts";

const running: HarkProcess[] = [];

function start(home: string): HarkProcess {
  const started = startHarkProcess(home);
  running.push(started);
  return started;
}

function startMany(home: string, count: number): HarkProcess[] {
  return Array.from({ length: count }, () => start(home));
}

async function opened(processes: readonly HarkProcess[]): Promise<string[]> {
  return Promise.all(processes.map((one) => one.opened));
}

afterEach(() => {
  for (const { child } of running.splice(0)) child.kill("SIGKILL");
});

const SLOW = { timeout: 120_000 };

describe.skipIf(process.platform === "win32")("Hark processes (skipped on Windows: Unix sockets)", SLOW, async () => {
  const home = await temporaryHome();

  test("six at once on an empty folder all succeed, and the last to leave stops the server", async () => {
    const processes = startMany(home, 6);
    expect(await opened(processes)).toEqual(Array(6).fill("opened"));
    expect(await privatePostgresStatus(home)).toMatchObject({ running: true, clients: 6 });
    expect((await readdir(join(home, "postgres"))).sort()).toEqual(["data", "server.log"]);

    for (const one of processes.slice(1)) expect(await one.close()).toBe(0);
    expect(await privatePostgresStatus(home)).toMatchObject({ running: true, clients: 1 });
    expect(await processes[0]?.send("ping")).toBe("pong");
    expect(await processes[0]?.close()).toBe(0);
    expect((await privatePostgresStatus(home)).running).toBe(false);
    expect(processes.map((one) => one.written()).join("")).toBe("");
  });

  test("all that leave at once leave no server behind", async () => {
    const processes = startMany(home, 4);
    expect(await opened(processes)).toEqual(Array(4).fill("opened"));
    expect(await Promise.all(processes.map((one) => one.close()))).toEqual([0, 0, 0, 0]);
    expect((await privatePostgresStatus(home)).running).toBe(false);
  });

  test("whoever arrives while the last one leaves gets a running server", async () => {
    for (let turn = 0; turn < 15; turn++) {
      const leaving = await openDatabase({ home });
      const left = leaving.close();
      await sleep(turn);
      const arriving = await openDatabase({ home });
      await left;
      await expect(arriving.ping()).resolves.toBeUndefined();
      await arriving.close();
    }
    expect((await privatePostgresStatus(home)).running).toBe(false);
  });

  test("killed processes neither keep the server nor stop the others", async () => {
    const [killed, staying, last] = startMany(home, 3);
    if (killed === undefined || staying === undefined || last === undefined) throw new Error("not started");
    expect(await opened([killed, staying, last])).toEqual(Array(3).fill("opened"));
    await killed.kill();
    expect(await staying.send("ping")).toBe("pong");
    expect(await staying.close()).toBe(0);
    expect(await last.send("ping")).toBe("pong");
    expect(await last.close()).toBe(0);
    expect((await privatePostgresStatus(home)).running).toBe(false);
  });

  test("processes killed while they make the folder do not stop the next one", async () => {
    const fresh = await temporaryHome();
    for (const delayMs of [300, 600, 900, 1200]) {
      const processes = startMany(fresh, 2);
      await sleep(delayMs);
      await Promise.all(processes.map((one) => one.kill()));
    }
    const survivor = start(fresh);
    expect(await survivor.opened).toBe("opened");
    expect(await survivor.close()).toBe(0);
  });

  test("processes whose server was killed come to one new server together", async () => {
    const processes = startMany(home, 3);
    expect(await opened(processes)).toEqual(Array(3).fill("opened"));
    const killed = await killServer(home);
    const pingAll = async () => {
      const answers = await Promise.all(processes.map((one) => one.send("ping")));
      const { pid, clients } = await privatePostgresStatus(home);
      return { answers, clients, isNew: pid !== killed };
    };
    const together = { answers: ["pong", "pong", "pong"], clients: 3, isNew: true };
    await expect.poll(pingAll, { timeout: 60_000 }).toEqual(together);
    await Promise.all(processes.map((one) => one.close()));
    expect((await privatePostgresStatus(home)).running).toBe(false);
  });

  test("closing after the server was stopped by hand does not start it again", async () => {
    const database = await openDatabase({ home });
    await stopPrivatePostgres(home);
    await database.close();
    await database.close();
    expect((await privatePostgresStatus(home)).running).toBe(false);
  });

  test("a lock is held across processes until its holder releases it or dies", async () => {
    const [first, second] = startMany(home, 2);
    if (first === undefined || second === undefined) throw new Error("not started");
    expect(await opened([first, second])).toEqual(["opened", "opened"]);
    expect(await first.send("lock")).toBe("locked");
    expect(await second.send("lock")).toBe("refused");
    expect(await first.send("unlock")).toBe("unlocked");
    expect(await second.send("lock")).toBe("locked");

    const database = await openDatabase({ home });
    expect(await database.locks.isLocked("key")).toBe(true);
    const waiting = database.locks.withLock("key", AbortSignal.timeout(20_000), async () => "mine");
    await second.kill();
    expect(await waiting).toBe("mine");
    expect(await database.locks.isLocked("key")).toBe(false);
    await first.close();
    await database.close();
  });
});
