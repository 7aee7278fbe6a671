/** The jobs: what was asked for, how far it is, what came of it. Whatever a worker writes is fenced by its attempt. */
import { randomBytes, randomUUID } from "node:crypto";
import { and, desc, eq, type InferSelectModel, inArray, lt, ne, or, type SQL, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { query } from "./database-error.ts";
import type { Executor } from "./job-queue.ts";
import { jobs, type StoredJobFile } from "./jobs-schema.ts";
import type { StoredError } from "./schema.ts";
import { storableText } from "./stored-json.ts";
import { type StrandedWork, settleStrandedJobs } from "./stranded-jobs.ts";

const ID_BYTES = 10;
const LONGEST_MESSAGE = 300;

/** A running job whose worker has not been heard of for this long may be in the queue again. */
const SILENT_SECONDS = 8;

export type Job = InferSelectModel<typeof jobs>;
export type JobStatus = Job["status"];
export type JobFile = StoredJobFile;

export type NewJob = Pick<
  Job,
  | "owner"
  | "operation"
  | "version"
  | "parameters"
  | "trackId"
  | "sourceSha256"
  | "sourceFilename"
  | "outputDir"
  | "overwrite"
  | "idempotencyKey"
  | "priority"
  | "queue"
>;

export interface JobFilter {
  readonly status?: JobStatus | undefined;
  readonly operation?: string | undefined;
  /** Most jobs, at least 1. */
  readonly limit: number;
  /** Only jobs older than this one, by id. */
  readonly before?: string | undefined;
}

/** What a job's worker knows it by: the job and the attempt that it was given. */
export type Claim = Pick<Job, "id" | "attempts">;

export interface Outcome {
  readonly result: Readonly<Record<string, unknown>>;
  readonly files: readonly StoredJobFile[];
  readonly warning: string | null;
}

export interface JobRepository {
  /** Adds a job, or finds the one with the same idempotency key. `enqueue` runs in the same transaction. */
  create(
    job: NewJob,
    enqueue: (job: Job, transaction: Executor) => Promise<void>,
  ): Promise<{ job: Job; created: boolean }>;
  /** A job of an owner. */
  find(owner: string, id: string): Promise<Job | null>;
  /** Those of an owner's jobs that are there, in any order. */
  findAll(owner: string, ids: readonly string[]): Promise<Job[]>;
  /** A job of whoever it is: for workers. */
  findForWorker(id: string): Promise<Job | null>;
  /** Newest first. */
  list(owner: string, filter: JobFilter): Promise<Job[]>;
  /** Lets the same work be done again as another job. */
  forgetKey(id: string): Promise<void>;
  /** Queues that seem to have work, the one with the most urgent first. */
  waitingQueues(queues: readonly string[]): Promise<string[]>;
  /** Whether any of these queues has unfinished work, or work of these operations waits in whatever queue. */
  hasUnfinished(queues: readonly string[], operations: readonly string[]): Promise<boolean>;
  /** Begins an attempt, if the job still waits for this entry of the queue; ends the right of all attempts before. */
  claim(id: string, queueId: string): Promise<Job | null>;
  /** Those below, up to `handBack`, do nothing, and give false, once the job is cancelled, finished or another worker's. */
  isHeld(claim: Claim): Promise<boolean>;
  /** Writes progress and a sign of life. */
  beat(claim: Claim, share: number | null, message: string | null): Promise<boolean>;
  /** Gives true again for the attempt that has finished it: the answer to the first time may have been lost. */
  finish(claim: Claim, outcome: Outcome): Promise<boolean>;
  fail(claim: Claim, error: StoredError): Promise<boolean>;
  /** Waits for its next attempt, under the same entry of the queue. */
  requeue(claim: Claim, message: string): Promise<boolean>;
  /** Hands it back under a new entry, made by `enqueue` in the same transaction; the attempt does not count. */
  handBack(claim: Claim, enqueue: (job: Job, transaction: Executor) => Promise<void>): Promise<boolean>;
  /** Cancels what is not finished; null when there was nothing to cancel. */
  cancel(owner: string, id: string): Promise<Job | null>;
  /** Records that the queue gave a job up. */
  failDead(id: string, queueId: string, error: StoredError): Promise<void>;
  /** As `settleStrandedJobs` does. */
  settleStranded(work: StrandedWork): Promise<number>;
  /** Forgets finished jobs older than a time; gives their number. */
  removeFinished(before: Date, dryRun: boolean): Promise<number>;
  /** Hashes that a job refers to: outputs, and sources of unfinished jobs. */
  referencedFiles(): Promise<Set<string>>;
  /** Whether a job other than this one refers to a file, or is at work that may give the same bytes. */
  mayRefer(sha256: string, job: Pick<Job, "id" | "operation" | "sourceSha256">): Promise<boolean>;
  /** Whether a job of the owner made a file. */
  ownsFile(owner: string, sha256: string): Promise<StoredJobFile | null>;
}

export function jobRepository(db: PostgresJsDatabase): JobRepository {
  const first = async (condition: SQL | undefined): Promise<Job | null> => {
    const [row] = await query(() => db.select().from(jobs).where(condition).limit(1));
    return row ?? null;
  };
  const held = ({ id, attempts }: Claim) =>
    and(eq(jobs.id, id), eq(jobs.attempts, attempts), eq(jobs.status, "running"));
  const write = async (condition: SQL | undefined, values: Partial<Job>): Promise<boolean> => {
    const rows = await query(() => db.update(jobs).set(values).where(condition).returning({ id: jobs.id }));
    return rows.length > 0;
  };
  const unfinished = inArray(jobs.status, ["queued", "running"]);
  return {
    create: (job, enqueue) => query(() => create(db, job, enqueue)),
    find: (owner, id) => first(and(eq(jobs.owner, owner), eq(jobs.id, storableText(id)))),
    findAll: (owner, ids) =>
      query(() =>
        db
          .select()
          .from(jobs)
          .where(and(eq(jobs.owner, owner), inArray(jobs.id, ids.map(storableText)))),
      ),
    findForWorker: (id) => first(eq(jobs.id, id)),
    list: (owner, filter) => query(() => list(db, owner, filter)),
    forgetKey: async (id) => void (await write(eq(jobs.id, id), { idempotencyKey: null })),

    async waitingQueues(queues) {
      const silent = sql`${jobs.heartbeatAt} < now() - make_interval(secs => ${SILENT_SECONDS})`;
      const waits = or(eq(jobs.status, "queued"), and(eq(jobs.status, "running"), silent));
      const rows = await query(() =>
        db
          .select({ queue: jobs.queue })
          .from(jobs)
          .where(and(inArray(jobs.queue, [...queues]), waits))
          .groupBy(jobs.queue)
          .orderBy(desc(sql`max(${jobs.priority})`), sql`min(${jobs.createdAt})`),
      );
      return rows.map(({ queue }) => queue);
    },

    async hasUnfinished(queues, operations) {
      const waits = and(inArray(jobs.operation, [...operations]), eq(jobs.status, "queued"));
      return (await first(or(and(inArray(jobs.queue, [...queues]), unfinished), waits))) !== null;
    },

    async claim(id, queueId) {
      const now = new Date();
      const values = {
        status: "running" as const,
        attempts: sql`${jobs.attempts} + 1`,
        startedAt: sql`coalesce(${jobs.startedAt}, ${now.toISOString()}::timestamptz)`,
        heartbeatAt: sql`now()`,
        progressShare: null,
        progressMessage: null,
      };
      const waiting = and(eq(jobs.id, id), eq(jobs.queueId, queueId), unfinished);
      const [row] = await query(() => db.update(jobs).set(values).where(waiting).returning());
      return row ?? null;
    },

    isHeld: async (claim) => (await first(held(claim))) !== null,
    beat: async (claim, progressShare, message) => {
      const progressMessage = message === null ? null : storableText(message).slice(0, LONGEST_MESSAGE);
      const values = { heartbeatAt: sql`now()`, progressShare, progressMessage };
      const rows = await query(() => db.update(jobs).set(values).where(held(claim)).returning({ id: jobs.id }));
      return rows.length > 0;
    },
    finish: ({ id, attempts }, outcome) =>
      write(and(eq(jobs.id, id), eq(jobs.attempts, attempts), inArray(jobs.status, ["running", "done"])), {
        ...outcome,
        files: [...outcome.files],
        status: "done",
        progressShare: 1,
        progressMessage: null,
        finishedAt: new Date(),
      }),
    fail: (claim, error) => write(held(claim), failed(error)),
    requeue: (claim, progressMessage) => write(held(claim), { status: "queued", progressShare: null, progressMessage }),

    handBack: (claim, enqueue) =>
      query(() =>
        db.transaction(async (transaction) => {
          const values = {
            status: "queued" as const,
            queueId: randomUUID(),
            progressShare: null,
            progressMessage: null,
          };
          const [job] = await transaction.update(jobs).set(values).where(held(claim)).returning();
          if (job === undefined) return false;
          await enqueue(job, transaction);
          return true;
        }),
      ),

    async cancel(owner, id) {
      const values = { status: "cancelled" as const, idempotencyKey: null, finishedAt: new Date() };
      const target = and(eq(jobs.owner, owner), eq(jobs.id, storableText(id)), unfinished);
      const [row] = await query(() => db.update(jobs).set(values).where(target).returning());
      return row ?? null;
    },

    failDead: async (id, queueId, error) =>
      void (await write(and(eq(jobs.id, id), eq(jobs.queueId, queueId), unfinished), failed(error))),

    settleStranded: (work) => settleStrandedJobs(db, work),

    async removeFinished(before, dryRun) {
      const old = and(lt(jobs.finishedAt, before), inArray(jobs.status, ["done", "failed", "cancelled"]));
      const rows = dryRun
        ? await query(() => db.select({ id: jobs.id }).from(jobs).where(old))
        : await query(() => db.delete(jobs).where(old).returning({ id: jobs.id }));
      return rows.length;
    },

    async referencedFiles() {
      const rows = await query(() =>
        db.select({ status: jobs.status, source: jobs.sourceSha256, files: jobs.files }).from(jobs),
      );
      const hashes = rows.flatMap(({ status, source, files }) => [
        ...files.map(({ sha256 }) => sha256),
        ...(status === "queued" || status === "running" ? [source] : []),
      ]);
      return new Set(hashes);
    },

    async mayRefer(sha256, { id, operation, sourceSha256 }) {
      const alike = or(eq(jobs.operation, operation), eq(jobs.sourceSha256, sourceSha256));
      const others = and(ne(jobs.id, id), or(holds(sha256), and(unfinished, alike)));
      return (await first(others)) !== null;
    },

    async ownsFile(owner, sha256) {
      const job = await first(and(eq(jobs.owner, owner), eq(jobs.status, "done"), holds(sha256)));
      return job?.files.find((file) => file.sha256 === sha256 && file.path === null) ?? null;
    },
  };
}

function holds(sha256: string): SQL {
  return sql`${jobs.files}::jsonb @> ${JSON.stringify([{ sha256 }])}::jsonb`;
}

function failed(error: StoredError): Partial<Job> {
  return { status: "failed", error, idempotencyKey: null, finishedAt: new Date() };
}

/** In one transaction, so that there is never a job without its entry in the queue, nor an entry without its job. */
async function create(
  db: PostgresJsDatabase,
  values: NewJob,
  enqueue: (job: Job, transaction: Executor) => Promise<void>,
): Promise<{ job: Job; created: boolean }> {
  const id = `job_${randomBytes(ID_BYTES).toString("hex")}`;
  for (;;) {
    const job = await db.transaction(async (transaction) => {
      const [row] = await transaction
        .insert(jobs)
        .values({ ...values, id, queueId: randomUUID() })
        .onConflictDoNothing({ target: jobs.idempotencyKey })
        .returning();
      if (row !== undefined) await enqueue(row, transaction);
      return row;
    });
    if (job !== undefined) return { job, created: true };
    const [same] = await db
      .select()
      .from(jobs)
      .where(eq(jobs.idempotencyKey, values.idempotencyKey ?? ""));
    if (same !== undefined) return { job: same, created: false };
    // It failed, or was cancelled, between the two statements.
  }
}

async function list(
  db: PostgresJsDatabase,
  owner: string,
  { status, operation, limit, before }: JobFilter,
): Promise<Job[]> {
  const older =
    before === undefined
      ? undefined
      : sql`(${jobs.createdAt}, ${jobs.id}) < (select created_at, id from jobs where id = ${storableText(before)} and owner = ${owner})`;
  const wanted = and(
    eq(jobs.owner, owner),
    status === undefined ? undefined : eq(jobs.status, status),
    operation === undefined ? undefined : eq(jobs.operation, storableText(operation)),
    older,
  );
  return db.select().from(jobs).where(wanted).orderBy(desc(jobs.createdAt), desc(jobs.id)).limit(limit);
}
