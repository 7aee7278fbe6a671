/** Choices of models, with all that they were made from. */
import { randomBytes } from "node:crypto";
import { and, desc, eq, gte, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { query } from "./database-error.ts";
import { routeDecisions } from "./gateway-schema.ts";
import { storableText } from "./stored-json.ts";

type Json = Readonly<Record<string, unknown>>;

export interface NewRouteDecision {
  readonly owner: string;
  readonly request: Json;
  readonly candidates: readonly Json[];
  readonly chosen: string | null;
}

export interface StoredRouteDecision extends NewRouteDecision {
  readonly id: string;
  readonly outcome: Json | null;
  readonly createdAt: Date;
}

export interface RouteRepository {
  /** Stores a decision and gives its id. */
  store(decision: NewRouteDecision): Promise<string>;
  /** Adds what came of it. */
  setOutcome(id: string, outcome: Json): Promise<void>;
  /** Null for an unknown id, and for one of another owner. */
  find(owner: string, id: string): Promise<StoredRouteDecision | null>;
  /** An owner's decisions since a time, newest first. */
  list(owner: string, since: Date | null, limit: number): Promise<StoredRouteDecision[]>;
}

export function routeRepository(db: PostgresJsDatabase): RouteRepository {
  return {
    async store({ owner, request, candidates, chosen }) {
      const id = `rte_${randomBytes(10).toString("hex")}`;
      const values = sql`${id}, ${storableText(owner)}, ${json(request)}::json, ${json(candidates)}::json, ${chosen}`;
      // A decision is a record, not money: it does not wait for the disk, which took longer than deciding. After a crash of
      // the machine the last half second may be missing.
      await query(() =>
        db.execute(sql`
          insert into ${routeDecisions} (id, owner, request, candidates, chosen)
          select ${values} from (select set_config('synchronous_commit', 'off', true)) as setting`),
      );
      return id;
    },

    async setOutcome(id, outcome) {
      await query(() => db.update(routeDecisions).set({ outcome }).where(eq(routeDecisions.id, id)));
    },

    async find(owner, id) {
      const [row] = await query(() =>
        db
          .select()
          .from(routeDecisions)
          .where(and(eq(routeDecisions.owner, storableText(owner)), eq(routeDecisions.id, storableText(id)))),
      );
      return row ?? null;
    },

    list: (owner, since, limit) =>
      query(() =>
        db
          .select()
          .from(routeDecisions)
          .where(
            and(
              eq(routeDecisions.owner, storableText(owner)),
              since === null ? undefined : gte(routeDecisions.createdAt, since),
            ),
          )
          .orderBy(desc(routeDecisions.createdAt))
          .limit(limit),
      ),
  };
}

/** As `storedJson` writes it, for a statement of our own. The json type keeps escapes as they are. */
function json(value: unknown): string {
  return JSON.stringify(value);
}
