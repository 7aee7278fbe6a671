import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { postgresSessionStore } from "../../src/sessions/postgres-session-store.ts";
import { openStorage, type Storage } from "../../src/storage/storage.ts";
import { createTestDatabase, openTestStorage } from "../storage/test-database.ts";
import { LIFETIME_MS, sessionStoreContract, TestClock } from "./session-store-contract.ts";
import { execution, turn } from "./session-values.ts";

const PROCESS = fileURLToPath(new URL("conversation-process.ts", import.meta.url));

const storage = await openTestStorage();
const session = { trackId: "trk_1", title: "t" };

function storeOf({ sessions: repository }: Storage, { now } = new TestClock()) {
  return postgresSessionStore({ repository, lifetimeMs: LIFETIME_MS, now });
}

sessionStoreContract("in Postgres", (clock) => storeOf(storage, clock));

test("turns that several processes add at once get one order", async () => {
  const database = await createTestDatabase();
  const storages = await Promise.all([1, 2, 3, 4].map(() => openStorage(database)));
  try {
    const clock = new TestClock();
    const stores = storages.map((own) => storeOf(own, clock));
    const [store] = stores;
    if (store === undefined) throw new Error("no store");
    const { id } = await store.create("me", session);
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => (stores[at % 4] ?? store).append("me", id, turn({ question: `${at}` }))),
    );
    const turns = await store.turns("me", id);
    expect(turns.map(({ position }) => position)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    expect(new Set(turns.map(({ question }) => question)).size).toBe(50);
  } finally {
    await Promise.all(storages.map((own) => own.close()));
  }
});

test("a forgotten session leaves nothing of itself in any table", async () => {
  const store = storeOf(storage);
  const mark = "xyzzy-4711";
  const { id } = await store.create("me", { trackId: "trk_1", title: mark });
  await store.append("me", id, turn({ question: mark, answer: mark }));
  await store.setSummary("me", id, { text: mark, coversTurns: 1 }, 0.1);
  await store.logExecution("me", id, execution({ name: mark }));
  expect(await tablesWith(mark)).toEqual(["session_executions", "session_turns", "sessions"]);
  expect(await tablesWith(id)).toEqual(["session_executions", "session_turns", "sessions"]);
  await store.forget("me", id);
  expect(await tablesWith(mark)).toEqual([]);
  expect(await tablesWith(id)).toEqual([]);
});

test("an expired session is swept with all that it holds, when another is made", async () => {
  const clock = new TestClock();
  const { id } = await storeOf(storage, clock).create("me", session);
  await storeOf(storage, clock).append("me", id, turn());
  await storeOf(storage, clock).logExecution("me", id, execution());
  clock.forward(LIFETIME_MS);
  await storeOf(storage, clock).create("me", session);
  expect(await tablesWith(id)).toEqual([]);
});

test("a session that is being forgotten while it is written to is no error, and leaves nothing", async () => {
  const store = storeOf(storage);
  const { id } = await store.create("me", session);
  let writes: Promise<unknown>[] = [];
  await storage.sql.begin(async (forgetting) => {
    await forgetting`delete from sessions where id = ${id}`;
    writes = [store.append("me", id, turn()), store.logExecution("me", id, execution())];
    const isWaiting = async () => {
      const [row] = await storage.sql`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return row?.n;
    };
    await expect.poll(isWaiting).toBe(writes.length);
  });
  expect(await Promise.all(writes)).toEqual([null, undefined]);
  expect(await tablesWith(id)).toEqual([]);
});

test("a session outlives the process that made it, even one that is killed", async () => {
  const { home, databaseUrl } = await createTestDatabase();
  const first = fork(PROCESS, [home, databaseUrl], { execArgv: [] });
  const [id] = await once(first, "message");
  first.kill("SIGKILL");
  await once(first, "exit");
  const second = fork(PROCESS, [home, databaseUrl, String(id)], { execArgv: [] });
  expect(await once(second, "message")).toEqual(["one,two", undefined]);
  await once(second, "exit");
});

/** The tables in which a text stands, in whatever column. */
async function tablesWith(text: string): Promise<string[]> {
  const { sql } = storage;
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public' order by 1`;
  expect(tables.length).toBeGreaterThanOrEqual(8);
  const holding: string[] = [];
  for (const { name } of tables) {
    const rows = await sql`select 1 from ${sql(name)} as row where row::text like ${`%${text}%`} limit 1`;
    if (rows.length > 0) holding.push(name);
  }
  return holding;
}
