/** An operation on all recordings of a folder: a job each, their files in a tree like the folder's, and a report. */
import { join, parse } from "node:path";
import { z } from "zod";
import { AppError, toAppError } from "../errors.ts";
import { isFinished } from "../jobs/job-service.ts";
import { makeSubfolder, resolveOutputFolder } from "../jobs/output-folder.ts";
import { isInside } from "../tracks/allowed-roots.ts";
import { type AudioFolder, audioFolder } from "../tracks/audio-folder.ts";
import { type FolderItem, reportRows, writeReport } from "./folder-report.ts";
import { BATCH_PRIORITY, followJobs, type JobRequests, meanShare, submitJob } from "./submit-jobs.ts";
import type { CallContext, ToolAnswer } from "./tool.ts";

const MOST_FILES = 500;
/** Asked for at a time: each is hashed and probed the first time. */
const CONCURRENCY = 4;
/** An answer has room for 20,000 characters. */
const MOST_PROBLEM_CHARACTERS = 8000;

export const FOLDER_VIEW = z.object({
  files: z.number().int().describe("Audio files found"),
  done: z.number().int(),
  failed: z.number().int(),
  skipped: z.number().int(),
  cancelled: z.number().int(),
  unfinished: z.number().int(),
  not_audio: z.number().int().describe("Files passed over"),
  reports: z.array(z.string()).describe("Paths, JSON and CSV; none until all are finished"),
  problems: z.array(z.object({ file: z.string(), status: z.string(), reason: z.string() })),
});

/**
 * Asks for the jobs, waits as long as a call waits, and writes the report when all are finished. The same call again goes on with the same
 * jobs. @throws AppError for folders that cannot be used; what single files suffer from is in the result.
 */
export async function runFolder(
  folder: string,
  recursive: boolean,
  request: JobRequests,
  context: CallContext,
): Promise<ToolAnswer<Record<string, unknown>>> {
  const { jobs } = context.services;
  if (request.outputDir === null) {
    throw new AppError("invalid_input", "folder needs output_dir: another folder, in which its tree is built again.");
  }
  const outputDir = await resolveOutputFolder(request.outputDir, jobs.roots);
  const search = { roots: jobs.roots, recursive, except: outputDir, mostFiles: MOST_FILES };
  const found = await audioFolder(folder, search);
  checkApart(found.path, outputDir, request.overwrite);
  const items = await submitAll(found, { ...request, outputDir }, context);
  const submitted = items.flatMap(({ submitted: one }) => one ?? []);
  const followed = await followJobs(submitted, context, (current) => {
    const done = current.filter(isFinished).length;
    context.progress(meanShare(current), `${done} of ${current.length} finished`);
  });
  const current = new Map(followed.map((job) => [job.id, job]));
  const rows = reportRows(items, current, outputDir);
  const count = (...statuses: string[]) => rows.filter(({ status }) => statuses.includes(status)).length;
  const unfinished = count("queued", "running");
  const summary = {
    operation: request.operation.name,
    parameters: request.parameters,
    folder: found.path,
    output_dir: outputDir,
    not_audio: found.passedOver,
  };
  const place = { folder: outputDir, overwrite: request.overwrite, signal: context.signal };
  const reports = unfinished > 0 ? [] : await writeReport(summary, rows, place);
  const view = {
    files: rows.length,
    done: count("done"),
    failed: count("failed"),
    skipped: count("skipped"),
    cancelled: count("cancelled"),
    unfinished,
    not_audio: found.passedOver,
    reports,
    problems: problemsOf(rows),
  };
  const isWhole = view.done === view.files;
  const status = unfinished > 0 ? "running" : isWhole ? "done" : view.done > 0 ? "partial" : "failed";
  return { value: { status, folder: view }, text: describe(request.operation.name, view) };
}

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
  request: JobRequests & { readonly outputDir: string },
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
  request: JobRequests & { readonly outputDir: string },
  context: CallContext,
): Promise<FolderItem> {
  try {
    const { roots } = context.services.jobs;
    const outputDir = await makeSubfolder(request.outputDir, item.parts.slice(0, -1), roots);
    const path = join(folder, ...item.parts);
    return { ...item, submitted: await submitJob(path, { ...request, outputDir }, BATCH_PRIORITY, context) };
  } catch (cause) {
    const { kind, message } = toAppError(cause);
    return { ...item, error: { kind, message } };
  }
}

/** What is worth knowing of files that are not simply done, as many as fit. */
function problemsOf(rows: ReturnType<typeof reportRows>): z.output<typeof FOLDER_VIEW>["problems"] {
  const problems: z.output<typeof FOLDER_VIEW>["problems"] = [];
  let characters = 0;
  for (const { file, status, reason } of rows) {
    if (reason === null) continue;
    characters += file.length + reason.length + 50;
    if (characters > MOST_PROBLEM_CHARACTERS) break;
    problems.push({ file, status, reason });
  }
  return problems;
}

function describe(name: string, view: z.output<typeof FOLDER_VIEW>): string {
  const parts = [`${name}: ${view.done} of ${view.files} done`];
  if (view.failed > 0) parts.push(`${view.failed} failed`);
  if (view.skipped > 0) parts.push(`${view.skipped} skipped`);
  if (view.cancelled > 0) parts.push(`${view.cancelled} were cancelled`);
  if (view.not_audio > 0) parts.push(`${view.not_audio} files that are no audio passed over`);
  if (view.unfinished > 0) {
    parts.push(
      `${view.unfinished} go on by themselves: call again with the same input to follow them and get the report`,
    );
  } else parts.push(`report: ${view.reports.join(", ")}`);
  return parts.join("; ");
}
