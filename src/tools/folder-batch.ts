/** The jobs of a folder together: how far they are, what came of them, and their report. */
import { z } from "zod";
import { isFinished } from "../jobs/job-service.ts";
import type { OwnJobs } from "../jobs/own-jobs.ts";
import type { Batch } from "../storage/batch-repository.ts";
import type { Job } from "../storage/job-repository.ts";
import { type ReportRow, reportRows, writeReport } from "./folder-report.ts";
import type { ToolAnswer } from "./tool.ts";

/** An answer has room for 20,000 characters. */
const MOST_PROBLEM_CHARACTERS = 8000;

export const FOLDER_VIEW = z.object({
  batch_id: z.string().describe("get_job takes it too"),
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

export interface FolderAnswer extends Record<string, unknown> {
  readonly status: "running" | "done" | "partial" | "failed";
  readonly folder: z.output<typeof FOLDER_VIEW>;
}

/** Writes the report of a batch whose jobs are finished, and keeps where it is. @throws AppError as outputs do. */
export async function finishBatch(
  batch: Batch,
  jobs: readonly Job[],
  own: OwnJobs,
  signal: AbortSignal,
): Promise<Batch> {
  const { operation, parameters, folder, outputDir, overwrite, passedOver } = batch;
  const summary = { operation, parameters, folder, output_dir: outputDir, not_audio: passedOver };
  const place = { folder: outputDir, overwrite, signal };
  const finished = { ...batch, reports: await writeReport(summary, reportRows(batch, jobs), place) };
  await own.saveBatch(finished);
  return finished;
}

/** @param jobs Those of the batch, as they are now. */
export function batchAnswer(batch: Batch, jobs: readonly Job[]): ToolAnswer<FolderAnswer> {
  const rows = reportRows(batch, jobs);
  const count = (...statuses: string[]) => rows.filter(({ status }) => statuses.includes(status)).length;
  const view = {
    batch_id: batch.id,
    files: rows.length,
    done: count("done"),
    failed: count("failed"),
    skipped: count("skipped"),
    cancelled: count("cancelled"),
    unfinished: jobs.filter((job) => !isFinished(job)).length,
    not_audio: batch.passedOver,
    reports: [...batch.reports],
    problems: problemsOf(rows),
  };
  const isWhole = view.done === view.files;
  const status = view.unfinished > 0 ? "running" : isWhole ? "done" : view.done > 0 ? "partial" : "failed";
  return { value: { status, folder: view }, text: describe(batch, view) };
}

/** What is worth knowing of files that are not simply done, as many as fit. */
function problemsOf(rows: readonly ReportRow[]): z.output<typeof FOLDER_VIEW>["problems"] {
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

/** With how the report is come by. */
function describe({ id, operation }: Batch, view: z.output<typeof FOLDER_VIEW>): string {
  const parts = [`${operation}: ${view.done} of ${view.files} done`];
  if (view.failed > 0) parts.push(`${view.failed} failed`);
  if (view.skipped > 0) parts.push(`${view.skipped} skipped`);
  if (view.cancelled > 0) parts.push(`${view.cancelled} were cancelled`);
  if (view.not_audio > 0) parts.push(`${view.not_audio} passed over, not audio`);
  if (view.unfinished > 0) {
    const how = `get_job with job_id ${id} and wait_seconds 45 follows them and names the report when it is written`;
    parts.push(`${view.unfinished} go on by themselves: ${how}`);
  } else if (view.reports.length > 0) parts.push(`report: ${view.reports.join(", ")}`);
  else parts.push(`the report is not written: call ${operation} again with the same input, which does nothing else`);
  return parts.join("; ");
}
