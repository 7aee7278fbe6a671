/** The tables of authentication: API keys, and how many requests each caller may still make. */
import { boolean, doublePrecision, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const apiKeys = pgTable(
  "api_keys",
  {
    /** The public part of the key: `hk_…`. */
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    owner: text("owner").notNull(),
    scopes: text("scopes").array().notNull(),
    /** SHA-256 of the secret part, in hex; the secret itself is stored nowhere. */
    secretSha256: text("secret_sha256").notNull(),
    /** How many more requests it is good for; null for any number. */
    requestsLeft: integer("requests_left"),
    expiresAt: time("expires_at"),
    revokedAt: time("revoked_at"),
    lastUsedAt: time("last_used_at"),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (table) => [index("api_keys_created_index").on(table.createdAt)],
);

/** A token bucket: as many tokens as it held at a time. A bucket that has filled up again is the same as none. */
export const rateBuckets = pgTable(
  "rate_buckets",
  {
    name: text("name").primaryKey(),
    tokens: doublePrecision("tokens").notNull(),
    /** Whether the last request got a token. */
    allowed: boolean("allowed").notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
    fullAt: timestamp("full_at", { withTimezone: true }).notNull(),
  },
  (table) => [index("rate_buckets_full_index").on(table.fullAt)],
);
