/** Real databases for tests: one private Postgres for all of a user's test runs, one database for each test file. */
import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, readFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import { privatePostgresStatus } from "../../src/storage/private-postgres.ts";
import { openStorage, type Storage } from "../../src/storage/storage.ts";

const STALE_SECONDS = 3600;

const cleanups: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

export interface TestDatabase {
  /** Names a new, empty database. */
  readonly databaseUrl: string;
  /** The data folder of the server that holds it. */
  readonly home: string;
}

/**
 * A new, empty database, dropped after the file's tests. The server is a private Postgres in a folder that is kept under
 * the system's temporary one, so that only the first run ever pays for making it; it stops with the last test file.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const home = join(tmpdir(), `hark-tests-${userInfo().uid}-${await schemaName()}`);
  await mkdir(home, { recursive: true });
  await chmod(home, 0o755);
  const server = await openDatabase({ home });
  const name = `test_${Math.floor(Date.now() / 1000)}_${randomBytes(6).toString("hex")}`;
  cleanups.push(async () => {
    await server.sql`drop database if exists ${server.sql(name)} with (force)`;
    await server.close();
  });
  await dropStale(server);
  await server.sql`create database ${server.sql(name)}`;
  const { socketFolder } = await privatePostgresStatus(home);
  return {
    home,
    databaseUrl: `postgres://hark@localhost/${name}?host=${encodeURIComponent(socketFolder ?? "127.0.0.1")}`,
  };
}

/** The storage of a new, empty database; closed after the file's tests. */
export async function openTestStorage(): Promise<Storage> {
  const storage = await openStorage(await createTestDatabase());
  cleanups.push(() => storage.close());
  return storage;
}

/** Changes with the schema, so that a server of another branch is left alone. */
async function schemaName(): Promise<string> {
  const folder = new URL("../../drizzle/", import.meta.url);
  const hash = createHash("sha256");
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort()) {
    hash.update(await readFile(new URL(file, folder)));
  }
  return hash.digest("hex").slice(0, 8);
}

/** What killed test runs left. */
async function dropStale({ sql }: Database): Promise<void> {
  const names = await sql<{ datname: string }[]>`select datname from pg_database where datname like 'test\\_%'`;
  for (const { datname } of names) {
    if (Date.now() / 1000 - Number(datname.split("_")[1]) > STALE_SECONDS) {
      await sql`drop database if exists ${sql(datname)} with (force)`;
    }
  }
}
