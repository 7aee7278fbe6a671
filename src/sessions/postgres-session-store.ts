/** Conversations in the database: shared by all processes, and there after a restart. */
import type { SessionRepository } from "../storage/session-repository.ts";
import {
  KEPT_EXECUTIONS,
  KEPT_TURNS,
  newSessionId,
  SWEPT_AT_ONCE,
  storableExecution,
  storableSession,
  storableSummary,
  storableTurn,
} from "./session-limits.ts";
import type { SessionStore } from "./session-store.ts";

/** A process looks for expired sessions when it makes one, and not more often. */
const SWEEP_EVERY_MS = 60_000;

export interface PostgresSessionStoreOptions {
  readonly repository: SessionRepository;
  /** Of a session without activity. */
  readonly lifetimeMs: number;
  readonly now: () => Date;
}

export function postgresSessionStore({ repository, lifetimeMs, now }: PostgresSessionStoreOptions): SessionStore {
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  const key = (owner: string, id: string) => ({ owner, id, now: now() });
  const expiry = () => new Date(now().getTime() + lifetimeMs);
  const sweep = () => repository.sweep(now(), SWEPT_AT_ONCE);

  return {
    sweep,

    async create(owner, session) {
      if (now().getTime() - sweptAtMs >= SWEEP_EVERY_MS) {
        sweptAtMs = now().getTime();
        await sweep();
      }
      return repository.create(key(owner, newSessionId()), storableSession(session), expiry());
    },

    find: (owner, id) => repository.find(key(owner, id)),
    append: (owner, id, turn) => repository.append(key(owner, id), storableTurn(turn), expiry(), KEPT_TURNS),
    turns: (owner, id, newest = KEPT_TURNS) => repository.turns(key(owner, id), newest),
    setSummary: (owner, id, summary, costUsd) =>
      repository.setSummary(key(owner, id), storableSummary(summary), costUsd),
    logExecution: (owner, id, execution) => repository.logExecution(key(owner, id), storableExecution(execution)),
    executions: (owner, id, newest = KEPT_EXECUTIONS) => repository.executions(key(owner, id), newest),
    list: (owner, { limit, cursor }) => repository.list(owner, now(), limit, cursor),
    forget: (owner, id) => repository.remove(key(owner, id)),
  };
}
