/**
 * What calls of language models cost. Money is reserved before a call, settled on what it used, or released; each step is one
 * transaction that locks the balances it changes, in the order of their names, so that parallel calls neither overdraw nor
 * deadlock.
 */
import { and, asc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { LOCAL_CALLER } from "../caller.ts";
import { AppError } from "../errors.ts";
import { query } from "./database-error.ts";
import { budgetBalances, llmCalls } from "./gateway-schema.ts";
import { storableText } from "./stored-json.ts";

type Transaction = Parameters<Parameters<PostgresJsDatabase["transaction"]>[0]>[0];
type LlmCall = typeof llmCalls.$inferSelect;

export type TotalsBy = "day" | "model" | "key" | "session" | "tool";

/** The most that scopes may cost, US dollars; none where undefined. */
export interface BudgetLimits {
  readonly day?: number;
  readonly session?: number;
  readonly key?: number;
}

export interface NewReservation {
  readonly owner: string;
  readonly keyId: string;
  readonly sessionId: string | null;
  readonly model: string;
  readonly tool: string | null;
  readonly routeId: string | null;
  /** The most that the call can cost, US dollars. */
  readonly usd: number;
  readonly expiresAt: Date;
}

export interface Settlement {
  /** US dollars; null when it is not known, with the reason. */
  readonly costUsd: number | null;
  readonly source: string | null;
  readonly whyNull: string | null;
  readonly usage: Readonly<Record<string, number | null>> | null;
}

export interface Balance {
  readonly settledUsd: number;
  readonly reservedUsd: number;
}

export interface Total {
  readonly calls: number;
  readonly costUsd: number;
  /** Calls whose cost is not known and so is not in `costUsd`. */
  readonly callsOfUnknownCost: number;
}

export interface NamedTotal extends Total {
  /** The day, model, key, session or tool; null for calls without one. */
  readonly name: string | null;
}

export interface LedgerRepository {
  /** Reserves and gives the call's id. @throws AppError over_budget when a limit would be passed; then nothing is reserved. */
  reserve(reservation: NewReservation, limits: BudgetLimits, now?: Date): Promise<number>;
  /** Books what the call cost in place of what was reserved; a second time does nothing. A late one still counts. */
  settle(id: number, settlement: Settlement): Promise<void>;
  /** Gives back what was reserved; does nothing for a call that is settled. */
  release(id: number): Promise<void>;
  /** Gives back reservations that have expired: how many there were. */
  releaseExpired(): Promise<number>;
  /** What a scope has spent; zeros for one that has not. */
  balance(scope: string): Promise<Balance>;
  /** Sums of an owner's settled calls since a time, the dearest first. */
  totals(owner: string, by: TotalsBy, since: Date | null, limit: number): Promise<NamedTotal[]>;
  /** The sum of all settled calls of an owner since a time. */
  total(owner: string, since: Date | null): Promise<Total>;
}

/**
 * The scopes that a call counts to. A day's budget is that of the whole server. Sessions are told apart by owner too: their ids come
 * from outside, and nobody shall use up the budget of somebody else's.
 */
export function budgetScopes(call: {
  day: string;
  sessionId: string | null;
  keyId: string;
  owner: string;
}): Record<string, string> {
  const owner = call.owner === LOCAL_CALLER.owner ? "" : `${call.owner}/`;
  return {
    day: `day:${call.day}`,
    key: `key:${call.keyId}`,
    ...(call.sessionId === null ? {} : { session: `session:${owner}${call.sessionId}` }),
  };
}

/** The day of a time in UTC: 2026-11-21. */
export function utcDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

export function ledgerRepository(db: PostgresJsDatabase): LedgerRepository {
  const releaseExpired = () => query(() => db.transaction((tx) => releaseStale(tx)));
  const reserveOnce = (reservation: NewReservation, limits: BudgetLimits, day: string) =>
    query(() => db.transaction((tx) => reserve(tx, reservation, limits, day)));

  return {
    releaseExpired,

    async reserve(reservation, limits, now = new Date()) {
      const day = utcDay(now);
      try {
        return await reserveOnce(reservation, limits, day);
      } catch (error) {
        // What dead processes hold is looked at only when it is in the way.
        if (!(error instanceof AppError) || error.kind !== "over_budget" || (await releaseExpired()) === 0) throw error;
        return reserveOnce(reservation, limits, day);
      }
    },

    settle: (id, settlement) => query(() => db.transaction((tx) => settle(tx, id, settlement))),
    release: (id) => query(() => db.transaction((tx) => release(tx, id))),

    async balance(scope) {
      const [row] = await query(() =>
        db
          .select()
          .from(budgetBalances)
          .where(eq(budgetBalances.scope, storableText(scope))),
      );
      return { settledUsd: row?.settledUsd ?? 0, reservedUsd: row?.reservedUsd ?? 0 };
    },

    totals: (owner, by, since, limit) => query(() => totals(db, storableText(owner), by, since, limit)),

    async total(owner, since) {
      const [row] = await query(() =>
        db
          .select(SUMS)
          .from(llmCalls)
          .where(isSettledSince(storableText(owner), since)),
      );
      return row ?? { calls: 0, costUsd: 0, callsOfUnknownCost: 0 };
    },
  };
}

async function reserve(tx: Transaction, reservation: NewReservation, limits: BudgetLimits, day: string) {
  const { usd, ...call } = reservation;
  const owner = storableText(call.owner);
  const keyId = storableText(call.keyId);
  const sessionId = call.sessionId === null ? null : storableText(call.sessionId);
  const scopes = budgetScopes({ day, owner, keyId, sessionId });
  // A reservation does not wait for the disk: when the machine goes down, so does the call that it was made for.
  await tx.execute(sql`set local synchronous_commit to off`);
  const balances = await tx
    .insert(budgetBalances)
    .values(sorted(scopes).map((scope) => ({ scope, reservedUsd: usd })))
    .onConflictDoUpdate({
      target: budgetBalances.scope,
      set: { reservedUsd: sql`${budgetBalances.reservedUsd} + excluded.reserved_usd` },
    })
    .returning();
  for (const [name, limitUsd] of Object.entries(limits)) {
    const balance = balances.find(({ scope }) => scope === scopes[name]);
    if (balance !== undefined && exceeds(balance, limitUsd)) throw overBudget(name, limitUsd, balance, usd);
  }
  const [row] = await tx
    .insert(llmCalls)
    .values({ ...call, owner, keyId, sessionId, day, reservedUsd: usd })
    .returning({ id: llmCalls.id });
  if (row === undefined) throw new AppError("internal", "The reservation was not stored.");
  return row.id;
}

async function settle(tx: Transaction, id: number, { costUsd, source, whyNull, usage }: Settlement): Promise<void> {
  const call = await lockCall(tx, id);
  if (call === undefined || call.status === "settled") return;
  await changeBalances(tx, [call], {
    settled: costUsd ?? 0,
    // A reservation that expired was given back already.
    reserved: call.status === "reserved" ? -call.reservedUsd : 0,
  });
  await tx
    .update(llmCalls)
    .set({ status: "settled", costUsd, costSource: source, whyNull, usage, settledAt: sql`now()` })
    .where(eq(llmCalls.id, id));
}

async function release(tx: Transaction, id: number): Promise<void> {
  const call = await lockCall(tx, id);
  if (call?.status !== "reserved") return;
  await changeBalances(tx, [call], { settled: 0, reserved: -call.reservedUsd });
  await tx.update(llmCalls).set({ status: "released", settledAt: sql`now()` }).where(eq(llmCalls.id, id));
}

async function releaseStale(tx: Transaction): Promise<number> {
  const stale = await tx
    .select()
    .from(llmCalls)
    .where(and(eq(llmCalls.status, "reserved"), lt(llmCalls.expiresAt, sql`now()`)))
    .orderBy(asc(llmCalls.id))
    .for("update", { skipLocked: true });
  if (stale.length === 0) return 0;
  await lockBalances(tx, stale);
  for (const call of stale) await changeLocked(tx, call, { settled: 0, reserved: -call.reservedUsd });
  const ids = stale.map(({ id }) => id);
  await tx.update(llmCalls).set({ status: "released", settledAt: sql`now()` }).where(inArray(llmCalls.id, ids));
  return stale.length;
}

async function lockCall(tx: Transaction, id: number): Promise<LlmCall | undefined> {
  const [call] = await tx.select().from(llmCalls).where(eq(llmCalls.id, id)).for("update");
  return call;
}

interface Change {
  readonly settled: number;
  readonly reserved: number;
}

async function changeBalances(tx: Transaction, calls: readonly LlmCall[], change: Change): Promise<void> {
  await lockBalances(tx, calls);
  for (const call of calls) await changeLocked(tx, call, change);
}

async function lockBalances(tx: Transaction, calls: readonly LlmCall[]): Promise<void> {
  const scopes = [...new Set(calls.flatMap((call) => sorted(budgetScopes(call))))];
  await tx
    .select({ scope: budgetBalances.scope })
    .from(budgetBalances)
    .where(inArray(budgetBalances.scope, scopes))
    .orderBy(asc(budgetBalances.scope))
    .for("update");
}

async function changeLocked(tx: Transaction, call: LlmCall, { settled, reserved }: Change): Promise<void> {
  await tx
    .update(budgetBalances)
    .set({
      settledUsd: sql`${budgetBalances.settledUsd} + ${settled}::numeric`,
      reservedUsd: sql`${budgetBalances.reservedUsd} + ${reserved}::numeric`,
    })
    .where(inArray(budgetBalances.scope, sorted(budgetScopes(call))));
}

function sorted(scopes: Readonly<Record<string, string>>): string[] {
  return Object.values(scopes).sort();
}

/** Compared in whole nanodollars: binary fractions must not keep a budget from being used up to its last cent. */
function exceeds({ settledUsd, reservedUsd }: Balance, limitUsd: number): boolean {
  return Math.round((settledUsd + reservedUsd - limitUsd) * 1e9) > 0;
}

function overBudget(scope: string, limitUsd: number, { settledUsd, reservedUsd }: Balance, usd: number): AppError {
  const left = Math.max(0, limitUsd - settledUsd - (reservedUsd - usd));
  const message =
    `This call may cost ${dollars(usd)}, and the budget of this ${scope} (${dollars(limitUsd)}) has ${dollars(left)} left. ` +
    `Nothing was spent. Choose a cheaper model or a shorter answer, or raise HARK_BUDGET_${scope.toUpperCase()}_USD.`;
  return new AppError("over_budget", message);
}

function dollars(usd: number): string {
  return `$${usd < 0.01 ? usd.toPrecision(2) : usd.toFixed(2)}`;
}

const SUMS = {
  calls: sql<number>`count(*)`.mapWith(Number),
  costUsd: sql<number>`coalesce(sum(${llmCalls.costUsd}), 0)`.mapWith(Number),
  callsOfUnknownCost: sql<number>`count(*) filter (where ${llmCalls.costUsd} is null)`.mapWith(Number),
};

function isSettledSince(owner: string, since: Date | null): SQL | undefined {
  return and(
    eq(llmCalls.owner, owner),
    eq(llmCalls.status, "settled"),
    since === null ? undefined : gte(llmCalls.createdAt, since),
  );
}

async function totals(
  db: PostgresJsDatabase,
  owner: string,
  by: TotalsBy,
  since: Date | null,
  limit: number,
): Promise<NamedTotal[]> {
  const { day, model, keyId, sessionId, tool } = llmCalls;
  const column = { day, model, key: keyId, session: sessionId, tool }[by];
  return db
    .select({ name: column, ...SUMS })
    .from(llmCalls)
    .where(isSettledSince(owner, since))
    .groupBy(column)
    .orderBy(sql`${SUMS.costUsd} desc`, asc(column))
    .limit(limit);
}
