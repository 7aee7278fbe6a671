/** The table of jobs: what was asked for, how far it is and what came of it. Who runs a job next is the queue's business. */
import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgEnum, pgTable, real, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { StoredError } from "./schema.ts";
import { storedJson } from "./stored-json.ts";

/** Exported so that migrations make the type. @public */
export const jobStatus = pgEnum("job_status", ["queued", "running", "done", "failed", "cancelled"]);

/** One file that a job made. */
export interface StoredJobFile {
  /** What it is among the outputs: `vocals`, `converted`. */
  readonly role: string;
  readonly filename: string;
  readonly mimeType: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Where it lies in the folder that was asked for; null in the file store. */
  readonly path: string | null;
}

const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const jobs = pgTable(
  "jobs",
  {
    id: text("id").primaryKey(),
    owner: text("owner").notNull().default("local"),
    operation: text("operation").notNull(),
    version: integer("version").notNull(),
    parameters: storedJson<Readonly<Record<string, unknown>>>("parameters").notNull(),
    trackId: text("track_id").notNull(),
    /** Of the track's bytes, which a worker elsewhere may have to fetch. */
    sourceSha256: text("source_sha256").notNull(),
    /** What outputs are named after; null for the name that the track has. */
    sourceFilename: text("source_filename"),
    /** The folder that outputs go to; null for the file store. */
    outputDir: text("output_dir"),
    overwrite: boolean("overwrite").notNull().default(false),
    /** The same for the same work; null once it may be done again. */
    idempotencyKey: text("idempotency_key"),
    status: jobStatus("status").notNull().default("queued"),
    /** Higher goes first. */
    priority: integer("priority").notNull().default(0),
    /** Counts the workers that took it, and tells them apart: only the last may write. */
    attempts: integer("attempts").notNull().default(0),
    progressShare: real("progress_share"),
    progressMessage: text("progress_message"),
    result: storedJson<Readonly<Record<string, unknown>>>("result"),
    files: storedJson<readonly StoredJobFile[]>("files").notNull().default([]),
    /** What its owner should know though it is done. */
    warning: text("warning"),
    error: storedJson<StoredError>("error"),
    /** Its entry in the queue. */
    queue: text("queue").notNull(),
    queueId: text("queue_id").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    startedAt: time("started_at"),
    heartbeatAt: time("heartbeat_at"),
    finishedAt: time("finished_at"),
  },
  (table) => [
    unique("jobs_idempotency_key").on(table.idempotencyKey),
    index("jobs_page_index").on(table.owner, table.createdAt, table.id),
    index("jobs_unfinished_index").on(table.queue, table.priority).where(sql`${table.status} in ('queued', 'running')`),
    check("jobs_result_when_done", sql`(${table.result} is not null) = (${table.status} = 'done')`),
    check("jobs_error_when_failed", sql`(${table.error} is not null) = (${table.status} = 'failed')`),
  ],
);
