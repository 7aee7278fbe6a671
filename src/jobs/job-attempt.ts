/** One attempt at a job: from a delivery of the queue to a result, another attempt, or an error. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AudioLimits } from "../audio/decoder.ts";
import type { Ffmpeg } from "../audio/ffmpeg.ts";
import { AppError, toAppError } from "../errors.ts";
import type { FileStore } from "../files/file-store.ts";
import { receiveFile } from "../files/receive-file.ts";
import { isDiskFull, storageFailure } from "../files/storage-failure.ts";
import type { ModelLibraryOptions } from "../models/model-library.ts";
import type { SourceFile } from "../processing/operation.ts";
import type { SpeechEndpoint } from "../processing/speech-endpoint.ts";
import { type Delivery, type JobQueue, RETRY_LIMIT } from "../storage/job-queue.ts";
import type { Job, JobRepository, Outcome } from "../storage/job-repository.ts";
import type { Track } from "../storage/track-repository.ts";
import { type Logger, newRequestId } from "../telemetry/log.ts";
import type { OpenedFile } from "../tracks/allowed-roots.ts";
import { makeJobFolder } from "./job-folders.ts";
import { publishOutputs } from "./job-outputs.ts";
import { JobPulse } from "./job-pulse.ts";
import type { OperationRunner } from "./operation-runner.ts";

const RECONNECT_MS = 1_000;

/** Where a job's recording comes from: the library, as its owner sees it. */
export interface SourceLibrary {
  get(id: string): Promise<Track>;
  openSource(track: Track, signal: AbortSignal): Promise<OpenedFile>;
}

/** What an attempt works with. */
export interface AttemptContext {
  readonly jobs: JobRepository;
  readonly queue: JobQueue;
  readonly store: FileStore;
  readonly library: (owner: string) => SourceLibrary;
  readonly ffmpeg: () => Promise<Ffmpeg | null>;
  readonly limits: AudioLimits;
  /** Where models are, and which of them may be used. */
  readonly models: ModelLibraryOptions;
  /** Where speech may be sent to be transcribed. */
  readonly speechEndpoint: SpeechEndpoint | undefined;
  /** Folders that outputs may go to. */
  readonly roots: readonly string[];
  /** Below it attempts have their folders. */
  readonly foldersRoot: string;
  readonly logger: Logger;
  readonly logLevel: string;
}

/**
 * Runs a delivery to its end, whatever that is; a job that was finished or cancelled meanwhile is left alone.
 * @param shutdown Aborted when the worker stops: the job goes back to the queue at once.
 * @throws only when the database is away before the job has begun.
 */
export async function runAttempt(
  delivery: Delivery,
  context: AttemptContext,
  runner: OperationRunner,
  shutdown: AbortSignal,
): Promise<void> {
  const { jobs, queue, logger } = context;
  const job = await jobs.claim(delivery.jobId, delivery.queueId);
  if (job === null) {
    await queue.complete(delivery);
    return;
  }
  const pulse = new JobPulse({ jobs, queue, delivery, claim: job, logger });
  const signal = AbortSignal.any([pulse.lost, shutdown]);
  const persist = (write: () => Promise<unknown>) => persistently(write, shutdown, logger);
  try {
    await perform(job, context, runner, signal, pulse, persist);
    await persist(() => queue.complete(delivery));
  } catch (error) {
    if (pulse.lost.aborted) return;
    if (shutdown.aborted) await handBack(job, delivery, context);
    else await recordFailure(job, delivery, context, toAppError(error), persist);
  } finally {
    await pulse.stop();
  }
}

type Persist = (write: () => Promise<unknown>) => Promise<void>;

async function perform(
  job: Job,
  context: AttemptContext,
  runner: OperationRunner,
  signal: AbortSignal,
  pulse: JobPulse,
  persist: Persist,
): Promise<void> {
  const { jobs, store, roots, limits, models, speechEndpoint, logLevel } = context;
  await using folder = await makeJobFolder(context.foldersRoot, job);
  const ffmpeg = await context.ffmpeg();
  if (ffmpeg === null) throw noFfmpeg();
  const track = await context.library(job.owner).get(job.trackId);
  const { source, confirm } = await openSource(job, track, context, folder.source, signal);
  const { operation, version, parameters } = job;
  const task = {
    operation,
    version,
    parameters,
    source,
    folder: folder.work,
    ffmpeg,
    limits,
    models,
    speechEndpoint,
    logLevel,
    requestId: newRequestId(),
  };
  const { value, files } = await runner.run(task, { signal, onProgress: pulse.report });
  await confirm();
  signal.throwIfAborted();
  const isWanted = (sha256: string) => jobs.mayRefer(sha256, job);
  const places = { store, roots, signal, isWanted };
  const { stored, warning, discard } = await publishOutputs(files, folder.work, job, places);
  const outcome: Outcome = { result: value, files: stored, warning };
  let isKept = false;
  try {
    await persist(async () => {
      isKept = await jobs.finish(job, outcome);
    });
  } finally {
    if (!isKept) await discard();
  }
}

/** The recording, where it lies if it is within reach, else from the store; `confirm` sees that it is still the same afterwards. */
async function openSource(
  job: Job,
  track: Track,
  { library, store }: AttemptContext,
  folder: string,
  signal: AbortSignal,
): Promise<{ source: SourceFile; confirm: () => Promise<void> }> {
  const { durationSeconds, format, tags } = track;
  const filename = job.sourceFilename ?? track.filename;
  const probe = { ...format, durationSeconds, tags };
  const open = () => library(job.owner).openSource(track, signal);
  try {
    const { path } = await closing(open());
    return { source: { path, filename, probe }, confirm: async () => void (await closing(open())) };
  } catch (error) {
    if (!(error instanceof AppError) || (await store.size(track.sha256)) === null) throw error;
    const path = join(folder, "source");
    await fetchSource(store, track.sha256, path, signal);
    return { source: { path, filename, probe }, confirm: () => rm(path) };
  }
}

/** @throws AppError unavailable for a full disk, a store that does not answer, or a copy that is not what was stored. */
async function fetchSource(store: FileStore, sha256: string, path: string, signal: AbortSignal): Promise<void> {
  const content = await store.openRead(sha256);
  const fetched = await receiveFile(content, path, signal).catch((error: unknown) => {
    throw storageFailure(error, isDiskFull(error) ? "the disk with Hark's data folder" : "the file store");
  });
  if (fetched.sha256 === sha256) return;
  const message = "The recording in the file store is not whole, or another one by now. Ask again where the file lies.";
  throw new AppError("unavailable", message, { mayPass: true });
}

async function closing(opening: Promise<OpenedFile>): Promise<OpenedFile> {
  const file = await opening;
  await file[Symbol.asyncDispose]();
  return file;
}

async function recordFailure(
  job: Job,
  delivery: Delivery,
  { jobs, queue, logger }: AttemptContext,
  error: AppError,
  persist: Persist,
): Promise<void> {
  const { kind, message, mayPass } = error;
  logger[kind === "internal" ? "error" : "info"]({ err: error, kind, job: job.id }, "job failed");
  const isOver = !mayPass || delivery.retryCount >= RETRY_LIMIT;
  await persist(() =>
    isOver ? jobs.fail(job, { kind, message }) : jobs.requeue(job, `Will be tried again: ${message}`),
  );
  // The last failure of a job that was tried again goes to the dead letters.
  await persist(() => (mayPass ? queue.retry(delivery) : queue.complete(delivery)));
}

/** For the worker that takes it next; where the database is away too, the silence says it. */
async function handBack(job: Job, { queue, queueId }: Delivery, context: AttemptContext): Promise<void> {
  try {
    const isBack = await context.jobs.handBack(job, (next, transaction) =>
      context.queue.send({ queue, queueId: next.queueId, jobId: job.id }, job.priority, transaction),
    );
    if (isBack) await context.queue.remove(queue, queueId);
  } catch (error) {
    context.logger.warn({ err: error, job: job.id }, "job not handed back");
  }
}

/** Writes, and waits for the database where it is away; gives up when the worker stops. */
async function persistently(write: () => Promise<unknown>, shutdown: AbortSignal, logger: Logger): Promise<void> {
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      const { kind } = toAppError(error);
      if (kind !== "unavailable" || shutdown.aborted) throw error;
      logger.warn({ err: error }, "waits for the database");
      await sleep(RECONNECT_MS, undefined, { signal: shutdown }).catch(() => {});
    }
  }
}

function noFfmpeg(): AppError {
  const message =
    "Changing audio needs FFmpeg, and there is none. Install it (apt-get install ffmpeg, brew install ffmpeg, winget install ffmpeg) or set FFMPEG_PATH.";
  return new AppError("unavailable", message);
}
