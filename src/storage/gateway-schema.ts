/** The tables of the gateway: what language models cost, how they fare, and why one was chosen. */
import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  date,
  doublePrecision,
  index,
  integer,
  numeric,
  pgEnum,
  pgTable,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import { storedJson } from "./stored-json.ts";

/** Exported so that migrations make the type. @public */
export const llmCallStatus = pgEnum("llm_call_status", ["reserved", "settled", "released"]);

/** Exact to a millionth of a millionth: one cached token of a small model costs 0.00000001 USD. */
const usd = (name: string) => numeric(name, { precision: 20, scale: 12, mode: "number" });
const createdAt = () => timestamp("created_at", { withTimezone: true, precision: 3 }).notNull().defaultNow();

/** The ledger: one row for every call that was to cost something. */
export const llmCalls = pgTable(
  "llm_calls",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    status: llmCallStatus("status").notNull().default("reserved"),
    /** Whose cost it is. */
    owner: text("owner").notNull().default("local"),
    keyId: text("key_id").notNull(),
    sessionId: text("session_id"),
    model: text("model").notNull(),
    tool: text("tool"),
    routeId: text("route_id"),
    /** The day (UTC) whose budget it is taken from. */
    day: date("day", { mode: "string" }).notNull(),
    reservedUsd: usd("reserved_usd").notNull(),
    /** Null until it is settled, and where the price is not known. */
    costUsd: usd("cost_usd"),
    costSource: text("cost_source"),
    /** Why there is no cost. */
    whyNull: text("why_null"),
    usage: storedJson<Readonly<Record<string, number | null>>>("usage"),
    createdAt: createdAt(),
    settledAt: timestamp("settled_at", { withTimezone: true }),
    /** A reservation that nobody has settled by then counts no more: its process died. */
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    index("llm_calls_created_index").on(table.owner, table.createdAt),
    index("llm_calls_reserved_index").on(table.expiresAt).where(sql`${table.status} = 'reserved'`),
    check("llm_calls_cost_when_settled", sql`${table.costUsd} is null or ${table.status} = 'settled'`),
  ],
);

/** What a scope (`day:2026-11-21`, `session:…`, `key:…`) has spent and reserved: the rows that reservations lock. */
export const budgetBalances = pgTable("budget_balances", {
  scope: text("scope").primaryKey(),
  settledUsd: usd("settled_usd").notNull().default(0),
  reservedUsd: usd("reserved_usd").notNull().default(0),
});

/** How the calls of a model have gone, for routing and its circuit breaker. */
export const modelHealth = pgTable("model_health", {
  model: text("model").primaryKey(),
  calls: integer("calls").notNull().default(0),
  failures: integer("failures").notNull().default(0),
  failuresInRow: integer("failures_in_row").notNull().default(0),
  /** Exponentially weighted averages over real calls. */
  firstTokenMs: doublePrecision("first_token_ms"),
  totalMs: doublePrecision("total_ms"),
  failureShare: doublePrecision("failure_share").notNull().default(0),
  /** Until then the model is left alone. */
  openUntil: timestamp("open_until", { withTimezone: true }),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
});

/** Each choice of a model, with all that it was made from. */
export const routeDecisions = pgTable(
  "route_decisions",
  {
    id: text("id").primaryKey(),
    owner: text("owner").notNull().default("local"),
    request: storedJson<Readonly<Record<string, unknown>>>("request").notNull(),
    candidates: storedJson<readonly Readonly<Record<string, unknown>>[]>("candidates").notNull(),
    /** Null when no model passed the filters. */
    chosen: text("chosen"),
    /** What came of it; null until a call was made. */
    outcome: storedJson<Readonly<Record<string, unknown>>>("outcome"),
    createdAt: createdAt(),
  },
  (table) => [index("route_decisions_created_index").on(table.owner, table.createdAt)],
);
