/** Jobs as the surfaces see them: asked for, followed, listed, cancelled. Nothing starts before the first job. */
import { EventEmitter, once } from "node:events";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError, toAppError } from "../errors.ts";
import type { FileStore } from "../files/file-store.ts";
import { hasInferenceRuntime } from "../models/inference-child.ts";
import { type ModelLibrary, openModelLibrary } from "../models/model-library.ts";
import { hasSpeechRuntime } from "../models/speech-child.ts";
import type { Operation } from "../processing/operation.ts";
import type { Batch } from "../storage/batch-repository.ts";
import type { JobQueue } from "../storage/job-queue.ts";
import type { Job, JobFilter } from "../storage/job-repository.ts";
import type { Storage } from "../storage/storage.ts";
import type { Track } from "../storage/track-repository.ts";
import { collectGarbage, type Garbage, type GarbageOptions } from "./garbage.ts";
import { idempotencyKey } from "./idempotency-key.ts";
import type { AttemptContext } from "./job-attempt.ts";
import type { JobWorker } from "./job-worker.ts";
import { resolveOutputFolder } from "./output-folder.ts";
import { machineName, queueName } from "./queue-names.ts";

/** How often jobs that other processes run are looked at. */
const FOLLOW_MS = 500;
const DAY_MS = 86_400_000;

export interface JobServiceOptions extends Omit<AttemptContext, "jobs" | "queue" | "store"> {
  readonly storage: () => Promise<Storage>;
  readonly store: () => Promise<FileStore>;
  readonly operations: readonly Operation[];
  /** URL of the module that exports them as `OPERATIONS`. */
  readonly operationsModule: string;
  /** How long a tool waits for a job. */
  readonly waitLimitMs: number;
  /** Whether jobs end with the call that asked for them: at a terminal, where Ctrl-C means that. */
  readonly endWithCall: boolean;
  /** Jobs at a time of the worker in this process; 0 for none. */
  readonly concurrency: number;
}

export interface JobRequest {
  readonly owner: string;
  readonly operation: Operation;
  /** As the operation's schema gives them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly track: Track;
  /** What outputs are named after; null for the name that the track has. */
  readonly sourceFilename: string | null;
  /** Null for the file store. */
  readonly outputDir: string | null;
  readonly overwrite: boolean;
  /** Higher goes first. */
  readonly priority: number;
}

export interface FollowOptions {
  /** The longest time to wait. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (jobs: readonly Job[]) => void;
}

/** Whether nothing more will happen to a job. */
export function isFinished({ status }: Pick<Job, "status">): boolean {
  return status !== "queued" && status !== "running";
}

function noSuchJob(id: string): AppError {
  return new AppError("not_found", `There is no job "${id.slice(0, 40)}". list_jobs shows what there is.`);
}

export class JobService {
  readonly #options: JobServiceOptions;
  readonly #machine = machineName();
  readonly #models: ModelLibrary;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #queue: Promise<JobQueue> | null = null;
  #worker: Promise<JobWorker | null> | null = null;
  #creating: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();
  /** What is done when jobs are finished, by the batch. */
  readonly #later = new Set<string>();
  #isClosed = false;

  constructor(options: JobServiceOptions) {
    this.#options = options;
    this.#models = openModelLibrary(options.models);
  }

  /** How long a tool waits for a job. */
  get waitLimitMs(): number {
    return this.#options.waitLimitMs;
  }

  /** Whether jobs end with the call that asked for them. */
  get endWithCall(): boolean {
    return this.#options.endWithCall;
  }

  /** Folders that may be read and written. */
  get roots(): readonly string[] {
    return this.#options.roots;
  }

  /**
   * Asks for a job, or finds the one that does or did the same.
   * @throws AppError invalid_input, forbidden or not_found for an output folder that cannot be used.
   */
  async submit(request: JobRequest): Promise<{ job: Job; created: boolean }> {
    const { owner, operation, parameters, track, sourceFilename, overwrite, priority } = request;
    const outputDir =
      request.outputDir === null ? null : await resolveOutputFolder(request.outputDir, this.#options.roots);
    const queue = queueName(operation, outputDir === null ? null : this.#machine);
    const { name, version } = operation;
    const source = { sourceSha256: track.sha256, sourceFilename };
    const content = { owner, operation: name, version, parameters, ...source, outputDir, overwrite };
    const models = await this.#usableModels(name);
    const job = {
      ...content,
      idempotencyKey: idempotencyKey({ ...content, models }),
      trackId: track.id,
      priority,
      queue,
    };
    await this.#shareSource(owner, track);
    const { jobs } = await this.#options.storage();
    const entries = await this.#entries();
    await entries.open(queue);
    const enqueue = (made: Job, transaction: Parameters<JobQueue["send"]>[2]) =>
      entries.send({ queue, queueId: made.queueId, jobId: made.id }, priority, transaction);
    const create = () => this.#oneAtATime(() => jobs.create(job, enqueue));
    const first = await create();
    const isUsable = first.created || first.job.status !== "done" || (await this.#hasFiles(first.job));
    if (!isUsable) await jobs.forgetKey(first.job.id);
    const made = isUsable ? first : await create();
    (await this.#startWorker())?.kick();
    return made;
  }

  /** @throws AppError not_found. */
  async get(owner: string, id: string): Promise<Job> {
    const { jobs } = await this.#options.storage();
    const job = await jobs.find(owner, id);
    if (job !== null) return job;
    throw noSuchJob(id);
  }

  /** Newest first. */
  async list(owner: string, filter: JobFilter): Promise<Job[]> {
    const { jobs } = await this.#options.storage();
    return jobs.list(owner, filter);
  }

  async saveBatch(batch: Batch): Promise<void> {
    await (await this.#options.storage()).batches.save(batch);
  }

  /** @throws AppError not_found. */
  async findBatch(owner: string, id: string): Promise<Batch> {
    const batch = await (await this.#options.storage()).batches.find(owner, id);
    if (batch !== null) return batch;
    throw new AppError("not_found", `There is no batch "${id.slice(0, 40)}". list_jobs shows what there is.`);
  }

  /** Does in the background what is to be done for a batch, once at a time, as long as this process runs. */
  later(batchId: string, work: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#closing;
    if (this.#later.has(batchId) || signal.aborted) return;
    this.#later.add(batchId);
    const warn = (error: unknown) => {
      if (!signal.aborted) this.#options.logger.warn({ err: error, batchId }, "batch");
    };
    void work(signal)
      .catch(warn)
      .finally(() => this.#later.delete(batchId));
  }

  /** Cancels a job that is not finished; its worker stops within 2 s and leaves nothing. @throws AppError not_found. */
  async cancel(owner: string, id: string): Promise<{ job: Job; wasCancelled: boolean }> {
    const { jobs } = await this.#options.storage();
    const job = await jobs.cancel(owner, id);
    if (job === null) return { job: await this.get(owner, id), wasCancelled: false };
    await (await this.#entries()).remove(job.queue, job.queueId);
    this.#changes.emit("change");
    return { job, wasCancelled: true };
  }

  /**
   * Waits until all of the jobs are finished or the time is over, and gives them as they are then. A database that is away
   * meanwhile is waited for too. @throws AppError cancelled, not_found, unavailable.
   */
  async follow(owner: string, ids: readonly string[], { limitMs, signal, onProgress }: FollowOptions): Promise<Job[]> {
    await this.#startWorker();
    const deadline = performance.now() + limitMs;
    for (;;) {
      const jobs = await this.#all(owner, ids).catch((error: unknown) => {
        if (toAppError(error).kind !== "unavailable" || performance.now() >= deadline) throw error;
        return null;
      });
      if (jobs !== null) onProgress(jobs);
      const restMs = deadline - performance.now();
      if (jobs !== null && (jobs.every(isFinished) || restMs <= 0)) return jobs;
      await this.#change(Math.min(FOLLOW_MS, Math.max(0, restMs)), signal);
      if (signal.aborted) {
        throw new AppError("cancelled", "The request was cancelled; its jobs go on. list_jobs shows them.");
      }
    }
  }

  /** Starts the worker of this process if there is unfinished work for it: what a server left behind that was killed. */
  async resume(): Promise<void> {
    const { concurrency, operations, storage } = this.#options;
    if (concurrency === 0 || operations.length === 0 || this.#isClosed) return;
    const queues = operations.flatMap((one) => [queueName(one, null), queueName(one, this.#machine)]);
    if (
      await (await storage()).jobs.hasUnfinished(
        queues,
        operations.map(({ name }) => name),
      )
    )
      await this.#startWorker();
  }

  /**
   * Runs jobs until the signal aborts, whether or not this process has a worker of its own.
   * @param wanted `operations` null for all.
   * @throws AppError invalid_input for an operation that does not exist.
   */
  async work(
    wanted: { readonly concurrency: number; readonly operations: readonly string[] | null },
    signal: AbortSignal,
    onStart: (operations: readonly string[]) => void,
  ): Promise<void> {
    const known = this.#options.operations.map(({ name }) => name);
    const unknown = wanted.operations?.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new AppError("invalid_input", `There is no operation "${unknown}". There are: ${known.join(", ")}.`);
    }
    const taken = this.#options.operations.filter(({ name }) => wanted.operations?.includes(name) ?? true);
    await this.#startWorker(wanted.concurrency, taken);
    onStart(taken.map(({ name }) => name));
    if (!signal.aborted) await once(signal, "abort");
    await this.close();
  }

  /** Makes room. */
  async collectGarbage(wanted: Pick<GarbageOptions, "dryRun" | "olderThanDays">): Promise<Garbage> {
    const { storage, store, foldersRoot } = this.#options;
    const { jobs, batches } = await storage();
    const { dryRun, olderThanDays } = wanted;
    if (olderThanDays !== null && !dryRun) await batches.removeBefore(new Date(Date.now() - olderThanDays * DAY_MS));
    return collectGarbage({ jobs, store: await store(), foldersRoot, now: Date.now(), ...wanted });
  }

  /** The file of an owner's job. @throws AppError not_found. */
  async findFile(owner: string, sha256: string): Promise<Job["files"][number]> {
    const { jobs } = await this.#options.storage();
    const file = await jobs.ownsFile(owner, sha256);
    if (file !== null) return file;
    throw new AppError("not_found", "No job of yours has made such a file. get_job lists the files of a job.");
  }

  /** Stops the worker, which hands its jobs back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.abort();
    await (await this.#worker?.catch(() => null))?.close();
    await (await this.#queue?.catch(() => null))?.close();
  }

  /**
   * In a transaction the queue may ask on a connection of its own: with as many transactions at once as the pool has connections, each would
   * wait for the others.
   */
  #oneAtATime<Value>(work: () => Promise<Value>): Promise<Value> {
    const next = this.#creating.then(work);
    this.#creating = next.catch(() => {});
    return next;
  }

  /** In the order of the ids. @throws AppError not_found. */
  async #all(owner: string, ids: readonly string[]): Promise<Job[]> {
    const { jobs } = await this.#options.storage();
    const found = new Map((await jobs.findAll(owner, ids)).map((job) => [job.id, job]));
    return ids.map((id) => {
      const job = found.get(id);
      if (job === undefined) throw noSuchJob(id);
      return job;
    });
  }

  async #change(longestMs: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    await Promise.race([
      sleep(longestMs, undefined, { signal: either }),
      once(this.#changes, "change", { signal: either }),
    ]).catch(() => {});
    ended.abort();
  }

  /** With another model, the runtime for it, or a server of speech, the same work may give another result. */
  async #usableModels(task: string): Promise<string[]> {
    const found = await this.#models.find(task);
    const installed = found.filter(({ state }) => state === "installed");
    const { speechEndpoint } = this.#options;
    const server = speechEndpoint === undefined ? [] : [`${speechEndpoint.url} ${speechEndpoint.model}`];
    return [
      ...installed.flatMap(({ manifest: { id, files } }) => [id, ...files.map(({ sha256 }) => sha256)]),
      ...(installed.length > 0 && hasInferenceRuntime() ? ["onnxruntime"] : []),
      ...(installed.length > 0 && hasSpeechRuntime() ? ["sherpa"] : []),
      ...server,
    ];
  }

  /** A worker elsewhere may not see the file where it lies. */
  async #shareSource(owner: string, track: Track): Promise<void> {
    const store = await this.#options.store();
    if (!store.isShared || (await store.size(track.sha256)) !== null) return;
    const signal = new AbortController().signal;
    await using file = await this.#options.library(owner).openSource(track, signal);
    await store.put(file.path, signal);
  }

  /** Whether everything is where it was put, and was put where it was wanted. */
  async #hasFiles({ files, outputDir }: Job): Promise<boolean> {
    const store = await this.#options.store();
    for (const { path, sha256, sizeBytes } of files) {
      if (path === null && outputDir !== null) return false;
      const size = path === null ? await store.size(sha256) : ((await stat(path).catch(() => null))?.size ?? null);
      if (size !== sizeBytes) return false;
    }
    return true;
  }

  #entries(): Promise<JobQueue> {
    this.#queue ??= this.#openQueue().catch((error: unknown) => {
      this.#queue = null;
      throw error;
    });
    return this.#queue;
  }

  async #openQueue(): Promise<JobQueue> {
    const { db, sql } = await this.#options.storage();
    // Imported when it is needed, as the database is.
    const { openJobQueue } = await import("../storage/job-queue.ts");
    return openJobQueue(db, sql, (error) => this.#options.logger.warn({ err: error }, "queue"));
  }

  #startWorker(
    concurrency = this.#options.concurrency,
    operations: readonly Operation[] = this.#options.operations,
  ): Promise<JobWorker | null> {
    if (this.#isClosed) return Promise.resolve(null);
    this.#worker ??= this.#openWorker(concurrency, operations).catch((error: unknown) => {
      this.#worker = null;
      throw error;
    });
    return this.#worker;
  }

  async #openWorker(concurrency: number, operations: readonly Operation[]): Promise<JobWorker | null> {
    const { operationsModule } = this.#options;
    if (concurrency === 0) return null;
    const [{ jobs }, queue, store] = [
      await this.#options.storage(),
      await this.#entries(),
      await this.#options.store(),
    ];
    const { JobWorker } = await import("./job-worker.ts");
    const onSettled = () => this.#changes.emit("change");
    const started = new JobWorker(
      { ...this.#options, jobs, queue, store },
      { concurrency, operations, operationsModule, machine: this.#machine, onSettled },
    );
    started.start();
    return started;
  }
}
