/** API keys as they are stored: without their secrets. */
import { and, desc, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { apiKeys } from "./auth-schema.ts";
import { query } from "./database-error.ts";
import { storableText } from "./stored-json.ts";

export type StoredApiKey = typeof apiKeys.$inferSelect;
export type NewApiKey = Omit<StoredApiKey, "revokedAt" | "lastUsedAt" | "createdAt">;

export interface ApiKeyRepository {
  insert(key: NewApiKey): Promise<StoredApiKey>;
  find(id: string): Promise<StoredApiKey | null>;
  /** Newest first. */
  list(): Promise<StoredApiKey[]>;
  /** The key, revoked now or before; null for an unknown id. */
  revoke(id: string): Promise<StoredApiKey | null>;
  /**
   * Counts one request of a key: false when it may make none (revoked, expired, used up). One statement, which locks the row: requests
   * that come together, also to several processes, are counted one by one.
   */
  use(id: string): Promise<boolean>;
}

export function apiKeyRepository(db: PostgresJsDatabase): ApiKeyRepository {
  const hasId = (id: string) => eq(apiKeys.id, storableText(id));
  return {
    async insert(key) {
      const values = { ...key, name: storableText(key.name), owner: storableText(key.owner) };
      const [row] = await query(() => db.insert(apiKeys).values(values).returning());
      if (row === undefined) throw new Error("the key was not stored");
      return row;
    },

    async find(id) {
      const [row] = await query(() => db.select().from(apiKeys).where(hasId(id)));
      return row ?? null;
    },

    list: () => query(() => db.select().from(apiKeys).orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))),

    async revoke(id) {
      const revokedAt = sql`coalesce(${apiKeys.revokedAt}, now())`;
      const [row] = await query(() => db.update(apiKeys).set({ revokedAt }).where(hasId(id)).returning());
      return row ?? null;
    },

    async use(id) {
      const used = await query(() =>
        db
          .update(apiKeys)
          .set({ lastUsedAt: sql`now()`, requestsLeft: sql`${apiKeys.requestsLeft} - 1` })
          .where(
            and(
              hasId(id),
              isNull(apiKeys.revokedAt),
              or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
              or(isNull(apiKeys.requestsLeft), gt(apiKeys.requestsLeft, 0)),
            ),
          )
          .returning({ id: apiKeys.id }),
      );
      return used.length > 0;
    },
  };
}
