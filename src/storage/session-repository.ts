/**
 * Conversations in Postgres. Each query names the owner, so that another's session is as if there were none, and the time, so that
 * an expired one is gone before it is swept.
 */
import { and, asc, desc, eq, getTableColumns, gt, inArray, lt, lte, type SQL, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { AppError } from "../errors.ts";
import { query } from "./database-error.ts";
import { pageCursor, parsePageCursor } from "./page-cursor.ts";
import { type ClaimCounts, sessionExecutions, sessions, sessionTurns } from "./session-schema.ts";
import { storableText } from "./stored-json.ts";

export type { ClaimCounts } from "./session-schema.ts";

type Transaction = Parameters<Parameters<PostgresJsDatabase["transaction"]>[0]>[0];

const { owner: _, summary: _summary, summaryCovers: _covers, ...SESSION_COLUMNS } = getTableColumns(sessions);
const SESSION = { ...SESSION_COLUMNS, summaryText: sessions.summary, summaryCovers: sessions.summaryCovers };
const { sessionId: _turnOf, ...TURN } = getTableColumns(sessionTurns);
const { sessionId: _executionOf, id: _id, ...EXECUTION } = getTableColumns(sessionExecutions);

export interface Summary {
  readonly text: string;
  /** It tells the turns up to this position. */
  readonly coversTurns: number;
}

export interface NewSession {
  readonly trackId: string;
  readonly title: string;
}

export interface Session extends NewSession {
  readonly id: string;
  readonly summary: Summary | null;
  /** How many there were, which is the position of the newest. */
  readonly turns: number;
  /** Of turns and summaries whose cost is known, US dollars. */
  readonly costUsd: number;
  readonly turnsOfUnknownCost: number;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

export interface NewTurn {
  readonly trackId: string;
  readonly question: string;
  readonly answer: string;
  readonly claims: ClaimCounts;
  readonly model: string;
  readonly toolsCalled: readonly { readonly tool: string; readonly success: boolean }[];
  /** US dollars; null where the price is not known. */
  readonly costUsd: number | null;
}

export interface Turn extends NewTurn {
  /** 1 for the first of the session. */
  readonly position: number;
  readonly createdAt: Date;
}

export type Execution = Omit<typeof sessionExecutions.$inferSelect, "id" | "sessionId">;

export interface SessionPage {
  readonly items: readonly Session[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** One session as its owner names it, now. */
export interface SessionKey {
  readonly owner: string;
  readonly id: string;
  readonly now: Date;
}

export interface SessionRepository {
  create(key: SessionKey, session: NewSession, expiresAt: Date): Promise<Session>;
  find(key: SessionKey): Promise<Session | null>;
  /** Gives the turn the next position; null for no such session. Only the newest `keep` turns and ten times as many executions stay. */
  append(key: SessionKey, turn: NewTurn, expiresAt: Date, keep: number): Promise<Turn | null>;
  /** The newest, oldest first. */
  turns(key: SessionKey, newest: number): Promise<Turn[]>;
  /** Does nothing when a summary tells as many turns already. */
  setSummary(key: SessionKey, summary: Summary, costUsd: number | null): Promise<void>;
  /** Does nothing for no such session. */
  logExecution(key: SessionKey, execution: Execution): Promise<void>;
  /** The newest, in the order in which they were logged. */
  executions(key: SessionKey, newest: number): Promise<Execution[]>;
  /** Those with turns: a question that failed begins no conversation. @throws AppError invalid_input for a cursor that `list` did not give. */
  list(owner: string, now: Date, limit: number, cursor: string | undefined): Promise<SessionPage>;
  /** Removes it with all that it holds; false for no such session. */
  remove(key: SessionKey): Promise<boolean>;
  /** Removes expired sessions, a bounded number at once: how many. */
  sweep(now: Date, limit: number): Promise<number>;
}

export function sessionRepository(db: PostgresJsDatabase): SessionRepository {
  return {
    async create({ owner, id, now }, session, expiresAt) {
      const values = { ...session, id, owner: storableText(owner), createdAt: now, lastUsedAt: now, expiresAt };
      const [row] = await query(() => db.insert(sessions).values(values).returning(SESSION));
      if (row === undefined) throw new AppError("internal", "The session was not stored.");
      return toSession(row);
    },

    async find(key) {
      const [row] = await query(() => db.select(SESSION).from(sessions).where(isLive(key)));
      return row === undefined ? null : toSession(row);
    },

    append: (key, turn, expiresAt, keep) => query(() => append(db, key, turn, expiresAt, keep)),

    async turns(key, newest) {
      const ofSession = and(eq(sessions.id, sessionTurns.sessionId), isLive(key));
      const rows = await query(() =>
        db
          .select(TURN)
          .from(sessionTurns)
          .innerJoin(sessions, ofSession)
          .orderBy(desc(sessionTurns.position))
          .limit(newest),
      );
      return rows.reverse();
    },

    async setSummary(key, { text, coversTurns }, costUsd) {
      await query(() =>
        db
          .update(sessions)
          .set({
            // The money is spent in any case.
            costUsd: sql`${sessions.costUsd} + ${costUsd ?? 0}::numeric`,
            summary: sql`case when ${sessions.summaryCovers} < ${coversTurns} then ${text} else ${sessions.summary} end`,
            summaryCovers: sql`greatest(${sessions.summaryCovers}, ${coversTurns})`,
          })
          .where(isLive(key)),
      );
    },

    logExecution: (key, execution) => logExecution(db, key, execution),

    async executions(key, newest) {
      const ofSession = and(eq(sessions.id, sessionExecutions.sessionId), isLive(key));
      const rows = await query(() =>
        db
          .select(EXECUTION)
          .from(sessionExecutions)
          .innerJoin(sessions, ofSession)
          .orderBy(desc(sessionExecutions.id))
          .limit(newest),
      );
      return rows.reverse();
    },

    list: (owner, now, limit, cursor) => list(db, owner, now, limit, cursor),

    async remove(key) {
      const { owner, id, now } = key;
      const own = and(eq(sessions.id, storableText(id)), eq(sessions.owner, storableText(owner)));
      const [row] = await query(() => db.delete(sessions).where(own).returning({ expiresAt: sessions.expiresAt }));
      return row !== undefined && row.expiresAt > now;
    },

    async sweep(now, limit) {
      const expired = db
        .select({ id: sessions.id })
        .from(sessions)
        .where(lte(sessions.expiresAt, now))
        .orderBy(asc(sessions.expiresAt))
        .limit(limit)
        // Several processes sweep at once.
        .for("update", { skipLocked: true });
      const gone = await query(() =>
        db.delete(sessions).where(inArray(sessions.id, expired)).returning({ id: sessions.id }),
      );
      return gone.length;
    },
  };
}

function isLive({ owner, id, now }: SessionKey): SQL | undefined {
  return and(eq(sessions.id, storableText(id)), eq(sessions.owner, storableText(owner)), gt(sessions.expiresAt, now));
}

type SessionRow = Omit<Session, "summary"> & { readonly summaryText: string | null; readonly summaryCovers: number };

function toSession({ summaryText, summaryCovers, ...session }: SessionRow): Session {
  const summary = summaryText === null ? null : { text: summaryText, coversTurns: summaryCovers };
  return { ...session, summary };
}

/** The session's row is locked by counting the turn, so that parallel turns get positions one after the other. */
function append(db: PostgresJsDatabase, key: SessionKey, turn: NewTurn, expiresAt: Date, keep: number) {
  const { now } = key;
  return db.transaction(async (tx): Promise<Turn | null> => {
    const [session] = await tx
      .update(sessions)
      .set({
        turns: sql`${sessions.turns} + 1`,
        costUsd: sql`${sessions.costUsd} + ${turn.costUsd ?? 0}::numeric`,
        turnsOfUnknownCost: sql`${sessions.turnsOfUnknownCost} + ${turn.costUsd === null ? 1 : 0}`,
        // Clocks of machines differ; the latest activity stays the latest.
        lastUsedAt: sql`greatest(${sessions.lastUsedAt}, ${now.toISOString()}::timestamptz)`,
        expiresAt: sql`greatest(${sessions.expiresAt}, ${expiresAt.toISOString()}::timestamptz)`,
      })
      .where(isLive(key))
      .returning({ id: sessions.id, position: sessions.turns });
    if (session === undefined) return null;
    const { id, position } = session;
    const values = { ...turn, sessionId: id, position, createdAt: now };
    const [row] = await tx.insert(sessionTurns).values(values).returning(TURN);
    if (position > keep) await trim(tx, id, position - keep, 10 * keep);
    return row ?? null;
  });
}

/** Removes turns up to a position, and all but the newest executions. */
async function trim(tx: Transaction, id: string, lastPosition: number, keepExecutions: number): Promise<void> {
  await tx.delete(sessionTurns).where(and(eq(sessionTurns.sessionId, id), lte(sessionTurns.position, lastPosition)));
  const oldestKept = tx
    .select({ id: sessionExecutions.id })
    .from(sessionExecutions)
    .where(eq(sessionExecutions.sessionId, id))
    .orderBy(desc(sessionExecutions.id))
    .offset(keepExecutions - 1)
    .limit(1);
  await tx
    .delete(sessionExecutions)
    .where(and(eq(sessionExecutions.sessionId, id), lt(sessionExecutions.id, oldestKept)));
}

async function logExecution(db: PostgresJsDatabase, key: SessionKey, execution: Execution): Promise<void> {
  const { kind, name, startedAt, durationMs, errorKind, inputTokens, outputTokens, costUsd } = execution;
  // A log does not wait for the disk, which takes longer than most tools. The lock keeps a session that is being forgotten from
  // going between the two halves of the statement.
  await query(() =>
    db.execute(sql`
      insert into ${sessionExecutions}
        (session_id, kind, name, started_at, duration_ms, error_kind, input_tokens, output_tokens, cost_usd)
      select ${sessions.id}, ${kind}::session_execution_kind, ${name}, ${startedAt.toISOString()}::timestamptz,
        ${durationMs}::float8, ${errorKind}, ${inputTokens}::int, ${outputTokens}::int, ${costUsd}::numeric
      from ${sessions}, (select set_config('synchronous_commit', 'off', true)) as setting
      where ${isLive(key)}
      for key share of ${sessions}`),
  );
}

async function list(
  db: PostgresJsDatabase,
  owner: string,
  now: Date,
  limit: number,
  cursor: string | undefined,
): Promise<SessionPage> {
  const own = and(eq(sessions.owner, storableText(owner)), gt(sessions.expiresAt, now), gt(sessions.turns, 0));
  const rows = await query(() =>
    db
      .select(SESSION)
      .from(sessions)
      .where(cursor === undefined ? own : and(own, isAfter(cursor)))
      .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
      .limit(limit + 1),
  );
  const items = rows.slice(0, limit).map(toSession);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? pageCursor({ time: last.lastUsedAt, id: last.id }) : null };
}

function isAfter(cursor: string): SQL {
  const { time, id } = parsePageCursor(cursor);
  return sql`(${sessions.lastUsedAt}, ${sessions.id}) < (${time.toISOString()}::timestamptz, ${id})`;
}
