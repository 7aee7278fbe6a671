/** The table of batches: which files of a folder became which jobs. */
import { boolean, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import type { StoredError } from "./schema.ts";
import { storedJson } from "./stored-json.ts";

/** A file of the folder, and what came of asking for its job. */
export interface StoredBatchItem {
  /** The parts of its path in the folder. */
  readonly parts: readonly string[];
  readonly jobId: string | null;
  readonly error: StoredError | null;
  /** Why it is not done. */
  readonly skipped: string | null;
}

export const batches = pgTable("batches", {
  /** The same for the same work. */
  id: text("id").primaryKey(),
  owner: text("owner").notNull(),
  operation: text("operation").notNull(),
  parameters: storedJson<Readonly<Record<string, unknown>>>("parameters").notNull(),
  folder: text("folder").notNull(),
  outputDir: text("output_dir").notNull(),
  overwrite: boolean("overwrite").notNull(),
  /** Files that are no audio. */
  passedOver: integer("passed_over").notNull(),
  items: storedJson<readonly StoredBatchItem[]>("items").notNull(),
  /** Paths; none until they are written. */
  reports: storedJson<readonly string[]>("reports").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});
