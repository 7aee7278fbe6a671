/** An operation on all recordings of a folder: a job each, their files in a tree like the folder's, and a report. */
import { createHash } from "node:crypto";
import { join, parse } from "node:path";
import { AppError, toAppError } from "../errors.ts";
import { isFinished } from "../jobs/job-service.ts";
import { makeSubfolder, removeEmptyFolders, resolveOutputFolder } from "../jobs/output-folder.ts";
import type { OwnJobs } from "../jobs/own-jobs.ts";
import type { Batch } from "../storage/batch-repository.ts";
import type { Job } from "../storage/job-repository.ts";
import { isInside } from "../tracks/allowed-roots.ts";
import { type AudioFolder, audioFolder } from "../tracks/audio-folder.ts";
import { batchAnswer, finishBatch } from "./folder-batch.ts";
import { BATCH_PRIORITY, followJobs, type JobRequests, meanShare, type Submitted, submitJob } from "./submit-jobs.ts";
import type { CallContext, ToolAnswer } from "./tool.ts";

const MOST_FILES = 500;
/** Asked for at a time: each is hashed and probed the first time. */
const CONCURRENCY = 4;
const ID_CHARACTERS = 20;

/**
 * Asks for the jobs, waits as long as a call waits, and writes the report when all are finished, in the background if need be. The same call
 * again goes on with the same jobs. @throws AppError for folders that cannot be used; what single files suffer from is in the result.
 */
export async function runFolder(
  folder: string,
  recursive: boolean,
  request: JobRequests,
  context: CallContext,
): Promise<ToolAnswer<Record<string, unknown>>> {
  const startedAt = performance.now();
  const { jobs } = context.services;
  if (request.outputDir === null) {
    throw new AppError("invalid_input", "folder needs output_dir: another folder, in which its tree is built again.");
  }
  const outputDir = await resolveOutputFolder(request.outputDir, jobs.roots);
  const search = { roots: jobs.roots, recursive, except: outputDir, mostFiles: MOST_FILES };
  const found = await audioFolder(folder, search);
  checkApart(found.path, outputDir, request.overwrite);
  const made = new Set<string>();
  const items = await submitAll(found, { ...request, outputDir, made }, context);
  const batch = batchOf(found, recursive, { ...request, outputDir }, items, context.services.caller.owner);
  await jobs.saveBatch(batch);
  const submitted = items.flatMap(({ submitted: one }) => one ?? []);
  try {
    const onProgress = (current: readonly Job[]) => {
      const done = current.filter(isFinished).length;
      context.progress(meanShare(current), `${done} of ${current.length} finished`);
    };
    const followed = await followJobs(submitted, context, onProgress, {
      id: batch.id,
      askedMs: performance.now() - startedAt,
    });
    if (followed.every(isFinished)) {
      return batchAnswer(await finishBatch(batch, followed, jobs, context.signal), followed);
    }
    finishLater(batch, jobs);
    return batchAnswer(batch, followed);
  } finally {
    if (jobs.endWithCall) await removeEmptyFolders(made);
  }
}

/** Writes the report when all jobs are finished, if this process lives to see it. */
function finishLater(batch: Batch, jobs: OwnJobs): void {
  const ids = batch.items.flatMap(({ jobId }) => jobId ?? []);
  jobs.later(batch.id, async (signal) => {
    const options = { limitMs: Number.POSITIVE_INFINITY, signal, onProgress: () => {} };
    await finishBatch(batch, await jobs.follow(ids, options), jobs, signal);
  });
}

/** The same request on the same folder has the same id. */
function batchOf(
  found: AudioFolder,
  recursive: boolean,
  { operation, parameters, outputDir, overwrite }: FolderRequest,
  items: readonly FolderItem[],
  owner: string,
): Batch {
  const parts = [owner, operation.name, parameters, found.path, recursive, outputDir, overwrite];
  const id = `batch_${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, ID_CHARACTERS)}`;
  return {
    id,
    owner,
    operation: operation.name,
    parameters,
    folder: found.path,
    outputDir,
    overwrite,
    passedOver: found.passedOver,
    items: items.map(({ submitted, ...item }) => ({ ...item, jobId: submitted?.job.id ?? null })),
    reports: [],
  };
}

type FolderRequest = JobRequests & { readonly outputDir: string };

/** A file of the folder, and what came of asking for its job. */
type FolderItem = Omit<Batch["items"][number], "jobId"> & { readonly submitted: Submitted | null };

function checkApart(folder: string, outputDir: string, overwrite: boolean): void {
  if (folder === outputDir) {
    const message =
      "output_dir is the folder itself: what comes out would be taken for recordings the next time. Give another folder.";
    throw new AppError("invalid_input", message);
  }
  if (overwrite && isInside(folder, outputDir)) {
    const message =
      "With overwrite output_dir must not hold the folder, whose recordings could be overwritten. Give another folder.";
    throw new AppError("invalid_input", message);
  }
}

/** In the order of the files, some at a time; a cancelled call asks for no more. */
async function submitAll(
  found: AudioFolder,
  request: FolderRequest & { readonly made: Set<string> },
  context: CallContext,
): Promise<FolderItem[]> {
  const taken = new Set<string>();
  const items: FolderItem[] = found.files.map((parts) => {
    const key = join(...parts.slice(0, -1), parse(parts.at(-1) ?? "").name).toLowerCase();
    const isSecond = request.overwrite && taken.has(key);
    taken.add(key);
    return { parts, submitted: null, error: null, skipped: isSecond ? SAME_NAME : null };
  });
  const queue = items.entries();
  let asked = 0;
  const work = async () => {
    for (const [index, item] of queue) {
      if (context.signal.aborted) return;
      if (item.skipped === null) items[index] = await submitOne(item, found.path, request, context);
      asked++;
      context.progress(null, `${asked} of ${items.length} asked for`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, work));
  return items;
}

const SAME_NAME =
  "Its file would take the place of another's, which has the same name but for the ending. Rename it, or leave out overwrite.";

async function submitOne(
  item: FolderItem,
  folder: string,
  request: FolderRequest & { readonly made: Set<string> },
  context: CallContext,
): Promise<FolderItem> {
  try {
    const { roots } = context.services.jobs;
    const outputDir = await makeSubfolder(request.outputDir, item.parts.slice(0, -1), roots, (made) =>
      request.made.add(made),
    );
    const path = join(folder, ...item.parts);
    // Equal recordings of two names are two: each gives a file of its name.
    const name = item.parts.at(-1) ?? null;
    return { ...item, submitted: await submitJob(path, { ...request, outputDir }, BATCH_PRIORITY, name, context) };
  } catch (cause) {
    const { kind, message } = toAppError(cause);
    return { ...item, error: { kind, message } };
  }
}
