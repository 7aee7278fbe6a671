/** The report of an operation on a folder: a row a file, as JSON and as CSV. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { publishFile } from "../jobs/output-folder.ts";
import type { Batch } from "../storage/batch-repository.ts";
import type { Job } from "../storage/job-repository.ts";

export interface ReportRow {
  readonly file: string;
  readonly status: Job["status"] | "skipped";
  /** What went wrong, or is worth knowing. */
  readonly reason: string | null;
  /** In output_dir. */
  readonly outputs: readonly string[];
  readonly before_lufs: number | null;
  readonly after_lufs: number | null;
  readonly before_format: string | null;
  readonly after_format: string | null;
  readonly before_bytes: number | null;
  readonly after_bytes: number | null;
  /** From the start of the job to its end. */
  readonly seconds: number | null;
  readonly job_id: string | null;
}

const COLUMNS = [
  "file",
  "status",
  "reason",
  "outputs",
  "before_lufs",
  "after_lufs",
  "before_format",
  "after_format",
  "before_bytes",
  "after_bytes",
  "seconds",
  "job_id",
] as const satisfies readonly (keyof ReportRow)[];

/** In the order of the items; jobs as they are now. */
export function reportRows({ items, outputDir }: Batch, jobs: readonly Job[]): readonly ReportRow[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return items.map(({ parts, jobId, error, skipped }) => {
    const file = parts.join("/");
    const job = byId.get(jobId ?? "");
    if (job !== undefined) return jobRow(file, job, outputDir);
    return emptyRow(file, skipped === null ? "failed" : "skipped", skipped ?? error?.message ?? null);
  });
}

function emptyRow(file: string, status: ReportRow["status"], reason: string | null): ReportRow {
  return {
    file,
    status,
    reason,
    outputs: [],
    before_lufs: null,
    after_lufs: null,
    before_format: null,
    after_format: null,
    before_bytes: null,
    after_bytes: null,
    seconds: null,
    job_id: null,
  };
}

function jobRow(file: string, job: Job, outputDir: string): ReportRow {
  const { result, files, startedAt, finishedAt } = job;
  const elapsedMs = startedAt === null || finishedAt === null ? null : finishedAt.getTime() - startedAt.getTime();
  const reasons = [job.error?.message, job.warning].filter((one) => one !== null && one !== undefined);
  return {
    ...emptyRow(file, job.status, reasons.length === 0 ? null : reasons.join(" ")),
    outputs: files.map(({ path, filename }) => (path === null ? filename : relative(outputDir, path))),
    before_lufs: numberIn(result, "before", "integrated_lufs"),
    after_lufs: numberIn(result, "after", "integrated_lufs"),
    before_format: formatIn(result, "source"),
    after_format: formatIn(result, "output"),
    before_bytes: numberIn(result, "source", "size_bytes"),
    after_bytes: files.length === 0 ? null : files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    seconds: elapsedMs === null ? null : elapsedMs / 1000,
    job_id: job.id,
  };
}

/** Results of operations name things alike: `before` and `after` are levels, `source` and `output` codings. */
function fieldIn(result: Job["result"], group: string, field: string): unknown {
  const value = result?.[group];
  return typeof value === "object" && value !== null && field in value ? Reflect.get(value, field) : null;
}

function numberIn(result: Job["result"], group: string, field: string): number | null {
  const value = fieldIn(result, group, field);
  return typeof value === "number" ? value : null;
}

function formatIn(result: Job["result"], group: string): string | null {
  const codec = fieldIn(result, group, "codec");
  const rate = numberIn(result, group, "sample_rate_hz");
  const channels = numberIn(result, group, "channels");
  return typeof codec === "string" ? `${codec} ${rate} Hz ${channels} ch` : null;
}

/** Writes `<operation> report.json` and `.csv` into a folder, as outputs are; gives their paths. @throws AppError as outputs do. */
export async function writeReport(
  summary: { readonly operation: string } & Readonly<Record<string, unknown>>,
  rows: readonly ReportRow[],
  place: { readonly folder: string; readonly overwrite: boolean; readonly signal: AbortSignal },
): Promise<string[]> {
  const drafts = await mkdtemp(join(tmpdir(), "hark-report-"));
  const contents = { json: `${JSON.stringify({ ...summary, files: rows }, null, 2)}\n`, csv: csvOf(rows) };
  try {
    const paths: string[] = [];
    for (const [ending, content] of Object.entries(contents)) {
      const draft = join(drafts, ending);
      await writeFile(draft, content);
      const name = `${summary.operation} report.${ending}`;
      paths.push((await publishFile(draft, place.folder, name, place.overwrite, place.signal)).path);
    }
    return paths;
  } finally {
    await rm(drafts, { recursive: true, force: true });
  }
}

/** RFC 4180, in UTF-8. */
function csvOf(rows: readonly ReportRow[]): string {
  const lines = rows.map((row) => COLUMNS.map((column) => cell(row[column])).join(","));
  return `${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}

/** A spreadsheet takes a text that begins so for a formula; names come from strangers. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: ReportRow[keyof ReportRow]): string {
  if (typeof value === "number") return String(value);
  const plain = typeof value === "string" ? value : (value ?? []).join(" | ");
  const text = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
