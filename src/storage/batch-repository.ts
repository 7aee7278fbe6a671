/** Batches: the jobs of a folder, kept together until its report is written and read. */
import { and, eq, type InferSelectModel, lt } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { batches } from "./batches-schema.ts";
import { query } from "./database-error.ts";
import { storableText } from "./stored-json.ts";

export type Batch = Omit<InferSelectModel<typeof batches>, "createdAt">;

export interface BatchRepository {
  /** Adds a batch, or puts it in the place of the one with its id. */
  save(batch: Batch): Promise<void>;
  /** A batch of an owner. */
  find(owner: string, id: string): Promise<Batch | null>;
  /** Forgets those that were first asked for before a time. */
  removeBefore(before: Date): Promise<void>;
}

export function batchRepository(db: PostgresJsDatabase): BatchRepository {
  return {
    async save(batch) {
      const { items, reports, passedOver } = batch;
      const set = { items, reports, passedOver };
      await query(() => db.insert(batches).values(batch).onConflictDoUpdate({ target: batches.id, set }));
    },
    async find(owner, id) {
      const own = and(eq(batches.owner, owner), eq(batches.id, storableText(id)));
      const [row] = await query(() => db.select().from(batches).where(own).limit(1));
      return row ?? null;
    },
    removeBefore: async (before) => void (await query(() => db.delete(batches).where(lt(batches.createdAt, before)))),
  };
}
