/** Conversations in the memory of one process, for where no database is wanted: gone with the process. */
import { pageCursor, parsePageCursor } from "../storage/page-cursor.ts";
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
import type { Execution, Session, SessionPage, SessionStore, Turn } from "./session-store.ts";

export interface MemorySessionStoreOptions {
  /** The least recently used goes first. */
  readonly mostSessions: number;
  /** Of a session without activity. */
  readonly lifetimeMs: number;
  readonly now: () => Date;
}

interface Held {
  readonly owner: string;
  session: Session;
  turns: readonly Turn[];
  executions: readonly Execution[];
}

export function memorySessionStore({ mostSessions, lifetimeMs, now }: MemorySessionStoreOptions): SessionStore {
  /** The least recently used first: a session moves to the end when it is used. */
  const held = new Map<string, Held>();
  const lifetime = () => {
    const lastUsedAt = now();
    return { lastUsedAt, expiresAt: new Date(lastUsedAt.getTime() + lifetimeMs) };
  };
  const isExpired = ({ session }: Held) => session.expiresAt <= now();

  function live(owner: string, id: string): Held | null {
    const found = held.get(id);
    return found === undefined || found.owner !== owner || isExpired(found) ? null : found;
  }

  function use(id: string, entry: Held): void {
    held.delete(id);
    held.set(id, entry);
    for (const oldest of held.keys()) {
      if (held.size <= mostSessions) return;
      held.delete(oldest);
    }
  }

  function sweep(): number {
    const expired = [...held].filter(([, entry]) => isExpired(entry)).slice(0, SWEPT_AT_ONCE);
    for (const [id] of expired) held.delete(id);
    return expired.length;
  }

  return {
    async create(owner, session) {
      sweep();
      const id = newSessionId();
      const times = { createdAt: now(), ...lifetime() };
      const empty = { summary: null, turns: 0, costUsd: 0, turnsOfUnknownCost: 0 };
      const entry: Held = {
        owner,
        session: { id, ...storableSession(session), ...empty, ...times },
        turns: [],
        executions: [],
      };
      use(id, entry);
      return entry.session;
    },

    find: async (owner, id) => live(owner, id)?.session ?? null,

    async append(owner, id, turn) {
      const entry = live(owner, id);
      if (entry === null) return null;
      const { turns, costUsd, turnsOfUnknownCost } = entry.session;
      const added: Turn = { ...storableTurn(turn), position: turns + 1, createdAt: now() };
      entry.turns = [...entry.turns, added].slice(-KEPT_TURNS);
      entry.session = {
        ...entry.session,
        ...lifetime(),
        turns: added.position,
        costUsd: costUsd + (turn.costUsd ?? 0),
        turnsOfUnknownCost: turnsOfUnknownCost + (turn.costUsd === null ? 1 : 0),
      };
      use(id, entry);
      return added;
    },

    turns: async (owner, id, newest = KEPT_TURNS) => live(owner, id)?.turns.slice(-newest) ?? [],

    async setSummary(owner, id, summary, costUsd) {
      const entry = live(owner, id);
      if (entry === null) return;
      const { session } = entry;
      const tellsMore = summary.coversTurns > (session.summary?.coversTurns ?? 0);
      entry.session = {
        ...session,
        costUsd: session.costUsd + (costUsd ?? 0),
        summary: tellsMore ? storableSummary(summary) : session.summary,
      };
    },

    async logExecution(owner, id, execution) {
      const entry = live(owner, id);
      if (entry !== null)
        entry.executions = [...entry.executions, storableExecution(execution)].slice(-KEPT_EXECUTIONS);
    },

    executions: async (owner, id, newest = KEPT_EXECUTIONS) => live(owner, id)?.executions.slice(-newest) ?? [],

    async list(owner, { limit, cursor }) {
      const own = [...held.values()].filter(
        (entry) => entry.owner === owner && entry.turns.length > 0 && !isExpired(entry),
      );
      return page(own.map(({ session }) => session).sort(latestFirst), limit, cursor);
    },

    async forget(owner, id) {
      if (live(owner, id) === null) return false;
      return held.delete(id);
    },

    sweep: async () => sweep(),
  };
}

function page(sorted: readonly Session[], limit: number, cursor: string | undefined): SessionPage {
  const after = cursor === undefined ? null : parsePageCursor(cursor);
  const rest =
    after === null
      ? sorted
      : sorted.filter((session) => latestFirst(session, { lastUsedAt: after.time, id: after.id }) > 0);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const more = rest.length > limit && last !== undefined;
  return { items, nextCursor: more ? pageCursor({ time: last.lastUsedAt, id: last.id }) : null };
}

function latestFirst(a: Pick<Session, "lastUsedAt" | "id">, b: Pick<Session, "lastUsedAt" | "id">): number {
  const milliseconds = b.lastUsedAt.getTime() - a.lastUsedAt.getTime();
  if (milliseconds !== 0) return milliseconds;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}
