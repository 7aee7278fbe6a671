/** Jobs that wait for a version of an operation which a worker does not have: made before, or elsewhere after, a new one came. */
import { and, eq, inArray, lt, ne, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { query } from "./database-error.ts";
import { jobs } from "./jobs-schema.ts";

/** A worker of the old version may still be about. */
const PATIENCE = sql`interval '1 hour'`;

export interface StrandedWork {
  readonly operation: string;
  /** The worker's. */
  readonly version: number;
  /** From a job's version to its queues that this machine could serve. */
  readonly queues: (version: number) => readonly string[];
}

/**
 * Says on each such job what it waits for. One of an older version fails after an hour of that: the version may have gone from everywhere.
 * Gives the number of those that failed.
 */
export async function settleStrandedJobs(db: PostgresJsDatabase, work: StrandedWork): Promise<number> {
  const { operation, version } = work;
  const waiting = and(eq(jobs.status, "queued"), eq(jobs.operation, operation), ne(jobs.version, version));
  const found = await query(() => db.selectDistinct({ version: jobs.version }).from(jobs).where(waiting));
  let failed = 0;
  for (const { version: other } of found) {
    const message = `Waits for a worker with version ${other} of ${operation}; one with version ${version} is here.`;
    const its = and(waiting, eq(jobs.version, other), inArray(jobs.queue, [...work.queues(other)]));
    const isUntold = sql`${jobs.progressMessage} is distinct from ${message}`;
    await query(() =>
      db.update(jobs).set({ progressMessage: message, heartbeatAt: sql`now()` }).where(and(its, isUntold)),
    );
    if (other > version) continue;
    const error = {
      kind: "unavailable",
      message: `The job was made for version ${other} of ${operation}, and no worker has that any more. Ask again: the new version will do it.`,
    } as const;
    const isOver = lt(jobs.heartbeatAt, sql`now() - ${PATIENCE}`);
    const values = { status: "failed" as const, error, idempotencyKey: null, finishedAt: new Date() };
    const rows = await query(() => db.update(jobs).set(values).where(and(its, isOver)).returning({ id: jobs.id }));
    failed += rows.length;
  }
  return failed;
}
