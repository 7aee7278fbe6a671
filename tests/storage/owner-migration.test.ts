/** A database from before there were owners, brought up to date. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { afterAll, expect, test } from "vitest";
import { openStorage } from "../../src/storage/storage.ts";
import { newTrack } from "./new-track.ts";
import { createTestDatabase } from "./test-database.ts";

/** The last migration without owners. */
const BEFORE_OWNERS = "0002_gateway";

const folder = await mkdtemp(join(tmpdir(), "hark-migrations-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

test("what was there belongs to the user of this machine, and can be told apart by owner from then on", async () => {
  const database = await createTestDatabase();
  await makeOldDatabase(database.databaseUrl);
  await using storage = await disposable(database);

  const local = storage.tracksOf("local");
  const { items } = await local.list({ limit: 10 });
  expect(items).toMatchObject([{ id: "trk_old", owner: "local", filename: "old.wav" }]);
  expect(await storage.ledger.total("local", null)).toMatchObject({ calls: 1, costUsd: 0.5 });
  expect((await storage.routes.list("local", null, 10)).map(({ id }) => id)).toEqual(["rte_old"]);
  const versions = { rhythm: 1, tonal: 1, loudness: 1, timbre: 1 };
  const wanted = {
    versions,
    tempoBpm: { min: 119, max: 121 },
    tempoOctaves: false,
    order: "newest",
    limit: 5,
    offset: 0,
  };
  expect(await storage.search("local", { ...wanted, order: "newest" })).toMatchObject({ total: 1, librarySize: 1 });

  const same = newTrack({ sha256: "a".repeat(64) });
  expect((await local.upsert(same)).created).toBe(false);
  expect((await storage.tracksOf("ann").upsert(same)).created).toBe(true);
  expect(await storage.search("ann", { ...wanted, order: "newest" })).toMatchObject({ total: 0, librarySize: 1 });
});

async function disposable(database: Parameters<typeof openStorage>[0]) {
  const storage = await openStorage(database);
  return { ...storage, [Symbol.asyncDispose]: () => storage.close() };
}

/** Runs the migrations up to then, and adds a row to each table that has an owner now. */
async function makeOldDatabase(databaseUrl: string): Promise<void> {
  await cp(new URL("../../drizzle/", import.meta.url), folder, { recursive: true });
  const file = join(folder, "meta", "_journal.json");
  const journal = JSON.parse(await readFile(file, "utf8"));
  const last = journal.entries.findIndex(({ tag }: { tag: string }) => tag === BEFORE_OWNERS);
  expect(last).toBeGreaterThan(0);
  await writeFile(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, last + 1) }));

  const url = new URL(databaseUrl);
  const host = url.searchParams.get("host") ?? "";
  url.searchParams.delete("host");
  const sql = postgres(url.href, { host, max: 1, onnotice: () => {} });
  await migrate(drizzle(sql), {
    migrationsFolder: folder,
    migrationsSchema: "drizzle",
    migrationsTable: "hark_migrations",
  });
  await sql`insert into tracks (id, sha256, filename, path, file_stamp, size_bytes, format, tags)
    values ('trk_old', ${"a".repeat(64)}, 'old.wav', '/music/old.wav', '1', 10, '{}', '{}')`;
  await sql`insert into track_facts (track_id, rhythm_version, tempo_bpm) values ('trk_old', 1, 120)`;
  await sql`insert into llm_calls (status, key_id, model, day, reserved_usd, cost_usd, expires_at)
    values ('settled', 'local', 'm', '2026-11-21', 1, 0.5, now())`;
  await sql`insert into route_decisions (id, request, candidates) values ('rte_old', '{}', '[]')`;
  await sql.end();
}
