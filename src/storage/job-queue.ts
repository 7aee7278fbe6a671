/** The queue of jobs: pg-boss in the same database. It knows who may run a job next, and gives those of dead workers to others. */
import { sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { fromDrizzle, PgBoss } from "pg-boss";
import type { Sql } from "postgres";
import { query } from "./database-error.ts";

const SCHEMA = "hark_queue";
const NO_JOB = "00000000-0000-0000-0000-000000000000";
const DEAD_QUEUE = "hark.dead";

/** A worker that gave no sign of life for this long has lost its job. pg-boss takes no less than 10. */
const HEARTBEAT_SECONDS = 10;
const SUPERVISE_SECONDS = 5;
const EXPIRE_SECONDS = 23 * 3600;
/** How long a job may wait for a worker. */
const RETENTION_SECONDS = 365 * 86_400;
const FIRST_RETRY_SECONDS = 1;
const LAST_RETRY_SECONDS = 30;

const SCRIPT_BEGIN = /^\s*BEGIN\s*;/i;
const SCRIPT_END = /\bCOMMIT\s*;\s*$/i;

/** A job is tried once, and this many times more. */
export const RETRY_LIMIT = 3;

/** One delivery of a job to one worker. */
export interface Delivery {
  readonly queue: string;
  readonly queueId: string;
  readonly jobId: string;
  /** How many deliveries there were before. */
  readonly retryCount: number;
}

/** What can run statements: the database or a transaction. */
export type Executor = Pick<PostgresJsDatabase, "execute">;

export interface JobQueue {
  /** Makes a queue for deliveries to workers; harmless when it is there. */
  open(queue: string): Promise<void>;
  /** Puts a job in, in the given transaction. */
  send(entry: Omit<Delivery, "retryCount">, priority: number, transaction: Executor): Promise<void>;
  /** The next job of a queue, or null. */
  take(queue: string): Promise<Delivery | null>;
  /** A sign of life. */
  touch(delivery: Delivery): Promise<void>;
  complete(delivery: Delivery): Promise<void>;
  /** Gives it to a worker again after a while; a job that failed too often becomes a dead letter. */
  retry(delivery: Delivery): Promise<void>;
  /** Takes an entry out, wherever it is. */
  remove(queue: string, queueId: string): Promise<void>;
  /** Takes a job that was given up and lets it be recorded; false when there is none. What could not be recorded comes again. */
  buryDead(record: (dead: Pick<Delivery, "queueId" | "jobId">) => Promise<void>): Promise<boolean>;
  close(): Promise<void>;
}

interface Payload {
  readonly jobId: string;
  readonly queueId: string;
}

/**
 * Opens the queue and makes its tables where they are missing. An instance looks for dead workers while it is open.
 * @throws AppError unavailable when the database cannot be reached.
 */
export async function openJobQueue(
  db: PostgresJsDatabase,
  client: Sql,
  onError: (error: unknown) => void,
): Promise<JobQueue> {
  const boss = new PgBoss({
    db: {
      executeSql: (text, values) =>
        SCRIPT_BEGIN.test(text) ? runScript(client, text) : adapter(db).executeSql(text, values),
    },
    schema: SCHEMA,
    schedule: false,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    reindex: false,
    monitorVacuum: false,
  });
  boss.on("error", onError);
  await query(() => boss.start());
  await query(() => boss.createQueue(DEAD_QUEUE, DEAD_QUEUE_OPTIONS));
  const attempt = ({ queueId, retryCount }: Delivery) => ({ id: queueId, retryCount });
  const opened = new Map<string, Promise<void>>();
  return {
    open(queue) {
      const opening = opened.get(queue) ?? query(() => makeQueue(boss, queue));
      opened.set(queue, opening);
      opening.catch(() => opened.delete(queue));
      return opening;
    },
    async send({ queue, ...payload }, priority, transaction) {
      await query(() => boss.send(queue, payload, { id: payload.queueId, priority, db: adapter(transaction) }));
    },
    async take(queue) {
      const [entry] = await query(() => boss.fetch<Payload>(queue));
      return entry === undefined ? null : { queue, ...entry.data, retryCount: entry.retryCount };
    },
    touch: async (delivery) => void (await query(() => boss.touch(delivery.queue, attempt(delivery)))),
    complete: async (delivery) => void (await query(() => boss.complete(delivery.queue, attempt(delivery)))),
    retry: async (delivery) => void (await query(() => boss.fail(delivery.queue, attempt(delivery)))),
    remove: async (queue, queueId) => void (await query(() => boss.deleteJob(queue, queueId))),
    async buryDead(record) {
      const [entry] = await query(() => boss.fetch<Payload>(DEAD_QUEUE));
      if (entry === undefined) return false;
      await record(entry.data);
      await query(() => boss.complete(DEAD_QUEUE, entry.id));
      return true;
    },
    close: () => boss.stop({ graceful: false, close: false }),
  };
}

/**
 * pg-boss reads a queue's options when it first uses it, through the pool; where that is in `send`, in a transaction, as many such transactions as the
 * pool has connections wait for each other for ever. So it is made to read them here.
 */
async function makeQueue(boss: PgBoss, queue: string): Promise<void> {
  await boss.createQueue(queue, QUEUE_OPTIONS);
  await boss.getJobById(queue, NO_JOB);
}

/** Recording a dead letter takes a moment, and must not be lost with the process that does it. */
const DEAD_QUEUE_OPTIONS = { retryLimit: 1000, expireInSeconds: 60, retentionSeconds: RETENTION_SECONDS } as const;

const QUEUE_OPTIONS = {
  heartbeatSeconds: HEARTBEAT_SECONDS,
  expireInSeconds: EXPIRE_SECONDS,
  retentionSeconds: RETENTION_SECONDS,
  retryLimit: RETRY_LIMIT,
  retryDelay: FIRST_RETRY_SECONDS,
  retryBackoff: true,
  retryDelayMax: LAST_RETRY_SECONDS,
  deadLetter: DEAD_QUEUE,
} as const;

/** pg-boss's way into drizzle, with objects as the JSON that Hark's connections expect. */
function adapter(executor: Executor): { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> } {
  const inner = fromDrizzle(executor, sql);
  return { executeSql: (text, values = []) => inner.executeSql(text, values.map(asParameter)) };
}

function asParameter(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" && value !== null && !Array.isArray(value) ? JSON.stringify(value) : value;
}

/** Runs pg-boss's scripts, which bring a `begin` and `commit` of their own, in a transaction of the driver's, as pools need it. */
async function runScript(client: Sql, text: string): Promise<{ rows: unknown[] }> {
  const statements = text.replace(SCRIPT_BEGIN, "").replace(SCRIPT_END, "");
  const results: readonly unknown[] = await client.begin((transaction) => transaction.unsafe(statements));
  return { rows: results.some(Array.isArray) ? results.flat() : [...results] };
}
