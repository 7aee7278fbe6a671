/** The contract of where conversations are kept. Every method takes the owner: another's session is as if there were none. */
import type {
  Execution,
  NewSession,
  NewTurn,
  Session,
  SessionPage,
  Summary,
  Turn,
} from "../storage/session-repository.ts";

export type { Execution, NewTurn, Session, SessionPage, Turn } from "../storage/session-repository.ts";

export interface ListSessions {
  /** Most items of a page, at least 1. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/**
 * Sessions live until nothing was asked for their lifetime. Text is stored as Postgres can hold it, and cut at the limits of
 * session-limits.ts: what was paid for is stored, never refused.
 */
export interface SessionStore {
  /** A new session with a handle of its own, `ses_` and 80 random bits. */
  create(owner: string, session: NewSession): Promise<Session>;
  find(owner: string, id: string): Promise<Session | null>;
  /** Adds a turn behind all others; null when there is no such session (any more). Parallel ones get an order and none is lost. */
  append(owner: string, id: string, turn: NewTurn): Promise<Turn | null>;
  /** The newest (at least 1; all by default), oldest first; none for no such session. */
  turns(owner: string, id: string, newest?: number): Promise<readonly Turn[]>;
  /** Keeps the summary that tells more turns, and adds what it cost (US dollars) to the session. */
  setSummary(owner: string, id: string, summary: Summary, costUsd: number | null): Promise<void>;
  /** Does nothing when there is no such session. */
  logExecution(owner: string, id: string, execution: Execution): Promise<void>;
  /** The newest (all by default), in the order in which they were logged. */
  executions(owner: string, id: string, newest?: number): Promise<readonly Execution[]>;
  /** A page of those in which something was answered, the latest activity first. @throws AppError invalid_input for a cursor that `list` did not give. */
  list(owner: string, options: ListSessions): Promise<SessionPage>;
  /** Removes a session with all that it holds; false when there is none. */
  forget(owner: string, id: string): Promise<boolean>;
  /** Removes expired sessions, a bounded number at once: how many. */
  sweep(): Promise<number>;
}

/** The sessions of one owner. */
export interface OwnSessions {
  create(session: NewSession): Promise<Session>;
  find(id: string): Promise<Session | null>;
  append(id: string, turn: NewTurn): Promise<Turn | null>;
  turns(id: string, newest?: number): Promise<readonly Turn[]>;
  setSummary(id: string, summary: Summary, costUsd: number | null): Promise<void>;
  logExecution(id: string, execution: Execution): Promise<void>;
  executions(id: string, newest?: number): Promise<readonly Execution[]>;
  list(options: ListSessions): Promise<SessionPage>;
  forget(id: string): Promise<boolean>;
}

/** A store as one owner sees it. */
export function ownSessions(store: SessionStore, owner: string): OwnSessions {
  return {
    create: (session) => store.create(owner, session),
    find: (id) => store.find(owner, id),
    append: (id, turn) => store.append(owner, id, turn),
    turns: (id, newest) => store.turns(owner, id, newest),
    setSummary: (id, summary, costUsd) => store.setSummary(owner, id, summary, costUsd),
    logExecution: (id, execution) => store.logExecution(owner, id, execution),
    executions: (id, newest) => store.executions(owner, id, newest),
    list: (options) => store.list(owner, options),
    forget: (id) => store.forget(owner, id),
  };
}
