/** The tables of conversations: who asked what of which recording, what was answered, and what ran for it. */
import {
  bigint,
  doublePrecision,
  index,
  integer,
  numeric,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import type { ErrorKind } from "../errors.ts";
import { storedJson } from "./stored-json.ts";

/** How many claims of an answer were found where. */
export interface ClaimCounts {
  readonly supported: number;
  readonly unsupported: number;
  readonly contradicted: number;
}

/** Exported so that migrations make the type. @public */
export const executionKind = pgEnum("session_execution_kind", ["tool", "model"]);

/** As in the ledger: exact to a millionth of a millionth. */
const usd = (name: string) => numeric(name, { precision: 20, scale: 12, mode: "number" });
// Whole milliseconds, so that a JavaScript Date in a page's cursor is exact.
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const sessions = pgTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    owner: text("owner").notNull(),
    /** The track of the first question. It may be gone by now: a conversation outlives it. */
    trackId: text("track_id").notNull(),
    title: text("title").notNull(),
    summary: text("summary"),
    /** The summary tells turns up to this position. */
    summaryCovers: integer("summary_covers").notNull().default(0),
    /** How many turns there were, which is also the position of the newest. */
    turns: integer("turns").notNull().default(0),
    /** Of turns and summaries whose cost is known. */
    costUsd: usd("cost_usd").notNull().default(0),
    turnsOfUnknownCost: integer("turns_of_unknown_cost").notNull().default(0),
    createdAt: time("created_at").notNull(),
    lastUsedAt: time("last_used_at").notNull(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [
    index("sessions_page_index").on(table.owner, table.lastUsedAt, table.id),
    index("sessions_expires_index").on(table.expiresAt),
  ],
);

const sessionId = () =>
  text("session_id")
    .notNull()
    .references(() => sessions.id, { onDelete: "cascade" });

export const sessionTurns = pgTable(
  "session_turns",
  {
    sessionId: sessionId(),
    /** 1 for the first. */
    position: integer("position").notNull(),
    trackId: text("track_id").notNull(),
    question: text("question").notNull(),
    answer: text("answer").notNull(),
    claims: storedJson<ClaimCounts>("claims").notNull(),
    model: text("model").notNull(),
    toolsCalled: storedJson<readonly { readonly tool: string; readonly success: boolean }[]>("tools_called").notNull(),
    /** Null where the price is not known. */
    costUsd: usd("cost_usd"),
    createdAt: time("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.position] })],
);

/** Every call of a tool or a model that a session made. */
export const sessionExecutions = pgTable(
  "session_executions",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    sessionId: sessionId(),
    kind: executionKind("kind").notNull(),
    name: text("name").notNull(),
    startedAt: time("started_at").notNull(),
    durationMs: doublePrecision("duration_ms").notNull(),
    /** Null when it succeeded. */
    errorKind: text("error_kind").$type<ErrorKind>(),
    /** Null for tools. */
    inputTokens: integer("input_tokens"),
    outputTokens: integer("output_tokens"),
    costUsd: usd("cost_usd"),
  },
  (table) => [index("session_executions_session_index").on(table.sessionId, table.id)],
);
