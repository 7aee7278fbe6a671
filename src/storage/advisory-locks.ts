/** Locks between processes that share a database: Postgres's advisory locks, held by one session of this process. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { PendingQuery, Row, Sql } from "postgres";
import { AppError } from "../errors.ts";
import { isConnectionError, query } from "./database-error.ts";

const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 200;

/**
 * Every lock ends with its holder's process, however that ends. If the connection is lost while a lock is held, the lock
 * is lost too and the work goes on: what is done under a lock must be harmless when it is done twice.
 */
export class AdvisoryLocks {
  /** Gives the one session that holds this process's locks. */
  readonly #session: () => Promise<Sql>;
  /** By key that this process holds or tries for: who in this process waits for it. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(session: () => Promise<Sql>) {
    this.#session = session;
  }

  /**
   * Waits until nobody in any process holds the key, then does the work while holding it. Not reentrant.
   * @throws AppError cancelled when the signal aborts before the work begins; whatever the work throws.
   */
  async withLock<Result>(key: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.#enter(key, signal);
    try {
      for (let pollMs = FIRST_POLL_MS; !(await this.#tryAcquire(key)); pollMs = Math.min(2 * pollMs, LAST_POLL_MS)) {
        await sleep(pollMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) throw cancelled(signal);
      }
      try {
        if (signal.aborted) throw cancelled(signal);
        return await work();
      } finally {
        await this.#release(key);
      }
    } finally {
      this.#leave(key);
    }
  }

  /** Takes the key if nobody holds it: gives the function that releases it, else null. */
  async tryLock(key: string): Promise<(() => Promise<void>) | null> {
    if (this.#waiting.has(key)) return null;
    this.#waiting.set(key, []);
    const acquired = await this.#tryAcquire(key).catch((error: unknown) => {
      this.#leave(key);
      throw error;
    });
    if (!acquired) {
      this.#leave(key);
      return null;
    }
    return async () => {
      await this.#release(key);
      this.#leave(key);
    };
  }

  /** Whether any process holds the key at this moment. */
  async isLocked(key: string): Promise<boolean> {
    const bits = BigInt.asUintN(64, lockNumber(key));
    const rows = await this.#ask(
      (sql) => sql`
        select from pg_locks
        where locktype = 'advisory' and objsubid = 1 and granted
          and database = (select oid from pg_database where datname = current_database())
          and classid = ${String(bits >> 32n)}::bigint::oid and objid = ${String(bits & 0xffff_ffffn)}::bigint::oid`,
    );
    return rows.length > 0;
  }

  /** Takes the key for this process, in order of asking. */
  async #enter(key: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled(signal);
    const queue = this.#waiting.get(key);
    if (queue === undefined) {
      this.#waiting.set(key, []);
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => {
      const place = queue.indexOf(resolve);
      if (place >= 0) queue.splice(place, 1);
      reject(cancelled(signal));
    };
    queue.push(resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", onAbort));
  }

  #leave(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next === undefined) this.#waiting.delete(key);
    else next();
  }

  async #tryAcquire(key: string): Promise<boolean> {
    const rows = await this.#ask(
      (sql) => sql`select pg_try_advisory_lock(${String(lockNumber(key))}::bigint) as acquired`,
    );
    return rows[0]?.acquired === true;
  }

  /** Asks once more when the connection turns out to be lost: what the first question locked is lost with it. */
  async #ask(question: (sql: Sql) => PendingQuery<Row[]>): Promise<Row[]> {
    const ask = async () => question(await this.#session());
    return query(() =>
      ask().catch((error: unknown) => {
        if (!isConnectionError(error)) throw error;
        return ask();
      }),
    );
  }

  async #release(key: string): Promise<void> {
    try {
      const sql = await this.#session();
      await sql`select pg_advisory_unlock(${String(lockNumber(key))}::bigint)`;
    } catch {
      // Fails only when the connection is lost, and that has released the lock.
    }
  }
}

/** The key as the 64-bit number that Postgres takes. */
function lockNumber(key: string): bigint {
  return createHash("sha256").update(key).digest().readBigInt64BE(0);
}

function cancelled(signal: AbortSignal): AppError {
  const message = "The request was cancelled while it waited for the same work elsewhere.";
  return new AppError("cancelled", message, { cause: signal.reason });
}
