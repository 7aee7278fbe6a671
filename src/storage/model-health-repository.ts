/** How the calls of each model have gone: averages for routing, and the circuit breaker, shared by all processes. */
import { sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { query } from "./database-error.ts";
import { modelHealth } from "./gateway-schema.ts";

export type ModelHealth = typeof modelHealth.$inferSelect;

export interface ModelHealthRepository {
  /** Of every model that was ever called, by its id. */
  all(): Promise<ReadonlyMap<string, ModelHealth>>;
  /** Takes a success into the averages and closes the circuit. */
  recordSuccess(model: string, firstTokenMs: number, totalMs: number): Promise<void>;
  /** Counts a failure of the model or its server; the third in a row opens the circuit, each further one for twice as long. */
  recordFailure(model: string): Promise<void>;
}

/** Share of the newest call in the averages: the last ten calls weigh nine tenths. */
const NEWEST_SHARE = 0.2;
const FAILURES_TO_OPEN = 3;
const OPEN_SECONDS = 30;
const LONGEST_OPEN_SECONDS = 600;

export function modelHealthRepository(db: PostgresJsDatabase): ModelHealthRepository {
  const { calls, failures, failuresInRow, firstTokenMs, totalMs, failureShare } = modelHealth;
  const averaged = (column: typeof firstTokenMs | typeof totalMs, value: number) =>
    sql`coalesce(${column} + ${NEWEST_SHARE} * (${value}::float8 - ${column}), ${value}::float8)`;
  const inRow = sql`(${failuresInRow} + 1)`;
  const openSeconds = sql`least(${LONGEST_OPEN_SECONDS}, ${OPEN_SECONDS} * power(2, least(20, ${inRow} - ${FAILURES_TO_OPEN})))`;

  return {
    async all() {
      const rows = await query(() => db.select().from(modelHealth));
      return new Map(rows.map((row) => [row.model, row]));
    },

    async recordSuccess(model, first, total) {
      await query(() =>
        db
          .insert(modelHealth)
          .values({ model, calls: 1, firstTokenMs: first, totalMs: total })
          .onConflictDoUpdate({
            target: modelHealth.model,
            set: {
              calls: sql`${calls} + 1`,
              failuresInRow: 0,
              firstTokenMs: averaged(firstTokenMs, first),
              totalMs: averaged(totalMs, total),
              failureShare: sql`${failureShare} * ${1 - NEWEST_SHARE}`,
              openUntil: null,
              updatedAt: sql`now()`,
            },
          }),
      );
    },

    async recordFailure(model) {
      await query(() =>
        db
          .insert(modelHealth)
          .values({ model, calls: 1, failures: 1, failuresInRow: 1, failureShare: NEWEST_SHARE })
          .onConflictDoUpdate({
            target: modelHealth.model,
            set: {
              calls: sql`${calls} + 1`,
              failures: sql`${failures} + 1`,
              failuresInRow: inRow,
              failureShare: sql`${failureShare} + ${NEWEST_SHARE} * (1 - ${failureShare})`,
              openUntil: sql`case when ${inRow} >= ${FAILURES_TO_OPEN} then now() + ${openSeconds} * interval '1 second' end`,
              updatedAt: sql`now()`,
            },
          }),
      );
    },
  };
}
