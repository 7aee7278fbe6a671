import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { createTestDatabase } from "./test-database.ts";

const place = await createTestDatabase();
const database = await openDatabase(place);
const elsewhere = await openDatabase(place);
const { locks, sql } = database;
afterAll(() => Promise.all([database.close(), elsewhere.close()]));
const never = new AbortController().signal;

test("works under a key one at a time, in order within the process", async () => {
  const order: number[] = [];
  let inside = 0;
  const work = (turn: number) => async () => {
    expect(++inside).toBe(1);
    await sleep(5);
    order.push(turn);
    inside--;
    return turn;
  };
  const turns = [0, 1, 2, 3, 4];
  expect(await Promise.all(turns.map((turn) => locks.withLock("a", never, work(turn))))).toEqual(turns);
  expect(order).toEqual(turns);
});

test("excludes other sessions, and different keys do not wait for each other", async () => {
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await sleep(20);
    inside--;
  };
  await Promise.all(
    [1, 2, 3].flatMap(() => [locks.withLock("b", never, work), elsewhere.locks.withLock("b", never, work)]),
  );
  await locks.withLock("b", never, () => elsewhere.locks.withLock("c", never, async () => {}));
});

test("tells whether any session holds a key", async () => {
  expect(await locks.isLocked("d")).toBe(false);
  await elsewhere.locks.withLock("d", never, async () => {
    expect(await locks.isLocked("d")).toBe(true);
    expect(await elsewhere.locks.isLocked("d")).toBe(true);
    expect(await locks.isLocked("another")).toBe(false);
  });
  expect(await locks.isLocked("d")).toBe(false);
});

test("releases the key when the work fails, and gives the failure", async () => {
  const failing = locks.withLock("e", never, async () => {
    throw new Error("the work's own");
  });
  await expect(failing).rejects.toThrow("the work's own");
  expect(await locks.isLocked("e")).toBe(false);
});

test("stops waiting when it is cancelled, behind this process and behind another", async () => {
  for (const holder of [locks, elsewhere.locks]) {
    const release = await holder.tryLock("f");
    const waiting = locks.withLock("f", AbortSignal.timeout(30), async () => "never");
    await expect(waiting).rejects.toMatchObject({ kind: "cancelled" });
    await release?.();
    expect(await locks.withLock("f", never, async () => "next")).toBe("next");
  }
  await expect(locks.withLock("f", AbortSignal.abort(), async () => "never")).rejects.toMatchObject({
    kind: "cancelled",
  });
  expect(await locks.isLocked("f")).toBe(false);
});

test("a cancelled waiter does not take the place of the next", async () => {
  const release = await locks.tryLock("g");
  const cancelled = locks.withLock("g", AbortSignal.timeout(10), async () => "never");
  const next = locks.withLock("g", never, async () => "next");
  await expect(cancelled).rejects.toMatchObject({ kind: "cancelled" });
  await release?.();
  expect(await next).toBe("next");
});

test("trying takes a free key only", async () => {
  const release = await locks.tryLock("h");
  expect(release).not.toBeNull();
  expect(await locks.tryLock("h")).toBeNull();
  expect(await elsewhere.locks.tryLock("h")).toBeNull();
  await release?.();
  const again = await elsewhere.locks.tryLock("h");
  expect(again).not.toBeNull();
  await again?.();
});

test("a lost connection costs the locks held, and no later ones", async () => {
  for (let turn = 0; turn < 10; turn++) {
    const outcome = locks.withLock("i", never, async () => {
      await sql`
        select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;
      while (await elsewhere.locks.isLocked("i")) await sleep(1);
      return "done";
    });
    expect(await outcome).toBe("done");
    expect(await locks.withLock("i", never, async () => "again")).toBe("again");
  }
});
