/** Brings a database's tables up to this version of Hark. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { AdvisoryLocks } from "./advisory-locks.ts";

/** The package's folder of migrations, from `src/storage` and from `dist/storage` alike. */
const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../drizzle", import.meta.url));
const MIGRATIONS_SCHEMA = "drizzle";
const MIGRATIONS_TABLE = "hark_migrations";
const LOCK_TIMEOUT_MS = 60_000;

const journal = z.object({ entries: z.array(z.object({ when: z.number() })).min(1) });

/**
 * Runs the migrations that are missing, one process at a time; costs two queries when there are none.
 * @throws AppError unavailable when another process does not get done with them; whatever a migration fails with.
 */
export async function migrateDatabase(db: PostgresJsDatabase, locks: AdvisoryLocks): Promise<void> {
  if (await isUpToDate(db)) return;
  try {
    await locks.withLock("migrations", AbortSignal.timeout(LOCK_TIMEOUT_MS), () =>
      migrate(db, {
        migrationsFolder: MIGRATIONS_FOLDER,
        migrationsSchema: MIGRATIONS_SCHEMA,
        migrationsTable: MIGRATIONS_TABLE,
      }),
    );
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== "cancelled") throw error;
    const message = "Another Hark process has been changing the database's tables for a minute. Stop it and try again.";
    throw new AppError("unavailable", message, { cause: error });
  }
}

async function isUpToDate(db: PostgresJsDatabase): Promise<boolean> {
  const { entries } = journal.parse(
    JSON.parse(await readFile(join(MIGRATIONS_FOLDER, "meta", "_journal.json"), "utf8")),
  );
  const newest = Math.max(...entries.map(({ when }) => when));
  const table = `${MIGRATIONS_SCHEMA}.${MIGRATIONS_TABLE}`;
  const [existing] = await db.execute(sql`select to_regclass(${table}) is not null as "exists"`);
  if (existing?.exists !== true) return false;
  const [applied] = await db.execute(sql`select max(created_at) as newest from ${sql.raw(table)}`);
  return Number(applied?.newest) >= newest;
}
