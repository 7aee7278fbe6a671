/**
 * Runs in a process of its own, forked by a worker: operations, one after the other. It can be killed at any time, and ends with
 * its parent. The first argument is the URL of the module whose `OPERATIONS` it can run.
 */
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { AppError, toAppError } from "../errors.ts";
import { isDiskFull, storageFailure } from "../files/storage-failure.ts";
import { type ModelLibrary, type ModelLibraryOptions, openModelLibrary } from "../models/model-library.ts";
import type { Operation, OperationContext } from "../processing/operation.ts";
import { createLogger, type Logger, withRequestId } from "../telemetry/log.ts";
import type { OperationTask, ProcessMessage, ProcessRequest } from "./operation-messages.ts";

/** What an operation gets to stop its own subprocesses in when the parent has died. */
const ORPHAN_GRACE_MS = 1_500;

// It has the ending of this file: .ts in a clone, .js in the published package.
const watch = new URL(`./parent-watch${extname(import.meta.url)}`, import.meta.url);
new Worker(watch, { workerData: { parent: process.ppid } }).unref();

const operations = import(process.argv[2] ?? "");
/** A library remembers which files it has checked. */
const libraries = new Map<string, ModelLibrary>();
let stopping = new AbortController();

process.on("message", (request: ProcessRequest) => {
  if (request.type === "stop") stopping.abort(new AppError("cancelled", "The job was cancelled before it finished."));
  else void run(request.task);
});

process.on("disconnect", async () => {
  stopping.abort(new AppError("cancelled", "The worker has gone."));
  await sleep(ORPHAN_GRACE_MS);
  endGroup();
});

// A terminal's Ctrl-C and a service manager's stop go to the worker, which hands the job back.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

async function run(task: OperationTask): Promise<void> {
  stopping = new AbortController();
  const logger = createLogger(task.logLevel);
  const answer = await withRequestId(task.requestId, () => perform(task, stopping.signal, logger));
  tell(answer);
}

/** Nobody listens once the worker has gone. */
function tell(message: ProcessMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function perform(task: OperationTask, signal: AbortSignal, logger: Logger): Promise<ProcessMessage> {
  try {
    const operation = await findOperation(task);
    const context: OperationContext = {
      ffmpeg: task.ffmpeg,
      limits: task.limits,
      models: libraryOf(task.models),
      ...(task.speechEndpoint === undefined ? {} : { speechEndpoint: task.speechEndpoint }),
      folder: task.folder,
      signal,
      progress: (share, message) => tell({ type: "progress", share, message }),
    };
    const parameters = operation.input.parse(task.parameters);
    const { value, files } = await operation.run(task.source, parameters, context);
    signal.throwIfAborted();
    return { type: "done", value: operation.output.parse(value), files };
  } catch (error) {
    const { kind, message, mayPass } = operationError(error);
    logger[kind === "internal" ? "error" : "info"]({ err: error, kind, operation: task.operation }, "operation failed");
    return { type: "failed", kind, message, mayPass };
  }
}

function libraryOf(options: ModelLibraryOptions): ModelLibrary {
  const key = JSON.stringify({ ...options, licences: [...options.licences] });
  const library = libraries.get(key) ?? openModelLibrary(options);
  libraries.set(key, library);
  return library;
}

/** The program may have been exchanged under a worker that runs: its processes have the new one. */
async function findOperation({ operation: name, version }: OperationTask): Promise<Operation> {
  const module: { OPERATIONS: readonly Operation[] } = await operations;
  const operation = module.OPERATIONS.find((candidate) => candidate.name === name);
  if (operation?.version === version) return operation;
  const has = operation === undefined ? "does not have it" : `has version ${operation.version}`;
  const message = `The job asks for version ${version} of ${name}, and this worker ${has}. Start the worker again, and ask again.`;
  throw new AppError("unavailable", message, { mayPass: true });
}

function operationError(error: unknown): AppError {
  return isDiskFull(error) ? storageFailure(error, "the disk with Hark's data folder") : toAppError(error);
}

/** Ends this process and every one that it has started. */
function endGroup(): void {
  if (process.platform !== "win32") process.kill(-process.pid, "SIGKILL");
  process.exit(1);
}
