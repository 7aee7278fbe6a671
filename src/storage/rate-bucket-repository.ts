/** Token buckets that all processes on a database share. */
import { lt, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { z } from "zod";
import { rateBuckets } from "./auth-schema.ts";
import { query } from "./database-error.ts";
import { storableText } from "./stored-json.ts";

export interface TakenToken {
  readonly allowed: boolean;
  /** What the bucket holds afterwards. */
  readonly tokens: number;
}

export interface RateBucketRepository {
  /** Takes a token of a bucket, which begins full: `capacity` tokens, and `perSecond` more each second. */
  take(name: string, capacity: number, perSecond: number): Promise<TakenToken>;
  /** Forgets buckets that have filled up again, which is the same as none. */
  removeFull(): Promise<void>;
}

const taken = z.object({ allowed: z.boolean(), tokens: z.number() });

export function rateBucketRepository(db: PostgresJsDatabase): RateBucketRepository {
  return {
    async take(name, capacity, perSecond) {
      const { tokens, updatedAt } = rateBuckets;
      // statement_timestamp() is one time for the whole statement. A request that waited for another's lock has an earlier one than the
      // row: then nothing has come in since.
      const later = sql`greatest(${updatedAt}, statement_timestamp())`;
      const refilled = sql`least(${capacity}::float8, ${tokens} + ${perSecond}::float8 * extract(epoch from ${later} - ${updatedAt})::float8)`;
      const left = sql`${refilled} - (case when ${refilled} >= 1 then 1 else 0 end)`;
      const fullAt = (time: ReturnType<typeof sql>, held: ReturnType<typeof sql>) =>
        sql`${time} + make_interval(secs => (${capacity}::float8 - (${held})) / ${perSecond}::float8)`;
      // Neither is it money: it does not wait for the disk.
      const rows = await query(() =>
        db.execute(sql`
          insert into ${rateBuckets} (name, tokens, allowed, updated_at, full_at)
          select ${storableText(name)}, ${capacity - 1}::float8, true, statement_timestamp(),
            ${fullAt(sql`statement_timestamp()`, sql`${capacity - 1}::float8`)}
          from (select set_config('synchronous_commit', 'off', true)) as setting
          on conflict (name) do update set
            tokens = ${left}, allowed = ${refilled} >= 1, updated_at = ${later}, full_at = ${fullAt(later, left)}
          returning allowed, tokens`),
      );
      return taken.parse(rows[0]);
    },

    async removeFull() {
      await query(() => db.delete(rateBuckets).where(lt(rateBuckets.fullAt, sql`now()`)));
    },
  };
}
