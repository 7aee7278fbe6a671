/** How a job looks on the wire. */
import { z } from "zod";
import { ERROR_KINDS } from "../errors.ts";
import { downloadUrl, type FileAccess, fileUri } from "../files/file-access.ts";
import { isFinished } from "../jobs/job-service.ts";
import type { Job, JobFile } from "../storage/job-repository.ts";
import type { ResourceLink, ToolAnswer } from "./tool.ts";

/** An answer has room for 20,000 characters, with everything else in it. */
const MOST_VALUE_CHARACTERS = 12_000;

const STATUS = z.enum(["queued", "running", "done", "failed", "cancelled"]);

const FILE_VIEW = z.object({
  role: z.string(),
  filename: z.string(),
  mime_type: z.string(),
  size_bytes: z.number().int(),
  sha256: z.string(),
  path: z.string().nullable().describe("In output_dir"),
  uri: z.string().nullable().describe("Resource, if it is in Hark's store"),
  download_url: z.string().nullable().describe("Expires after an hour; get_job gives a new one"),
});

/** A job in a list. */
export const JOB_SUMMARY = z.object({
  job_id: z.string(),
  operation: z.string(),
  track_id: z.string(),
  status: STATUS,
  progress: z.number().min(0).max(1).nullable(),
  progress_message: z.string().nullable(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
});

export const JOB_VIEW = JOB_SUMMARY.extend({
  value: z.record(z.string(), z.unknown()).nullable(),
  files: z.array(FILE_VIEW),
  warning: z.string().nullable(),
  error: z.object({ kind: z.enum(ERROR_KINDS), message: z.string() }).nullable(),
  attempts: z.number().int(),
});

export type JobView = z.output<typeof JOB_VIEW>;

export function jobSummary(job: Job): z.output<typeof JOB_SUMMARY> {
  return {
    job_id: job.id,
    operation: job.operation,
    track_id: job.trackId,
    status: job.status,
    progress: job.progressShare,
    progress_message: job.progressMessage,
    created_at: job.createdAt.toISOString(),
    finished_at: job.finishedAt?.toISOString() ?? null,
  };
}

/** The whole job. */
export async function jobView(job: Job, files: FileAccess): Promise<JobView> {
  const { result, warning, error, attempts } = job;
  const views = await Promise.all(job.files.map((file) => fileView(file, files)));
  return { ...jobSummary(job), value: result, files: views, warning, error, attempts };
}

/** The job as an answer holds it: a long value is left out, and its resource has it. */
export async function jobAnswer(job: Job, files: FileAccess): Promise<ToolAnswer<JobView>> {
  const view = await jobView(job, files);
  const links = fileLinks(job);
  const { length } = JSON.stringify(view.value);
  if (length <= MOST_VALUE_CHARACTERS) return { value: view, text: describeJob(job), links };
  const uri = jobUri(job.id);
  const text = `${describeJob(job)} The value has ${length} characters and is left out here: read ${uri}.`;
  const link = { uri, name: job.id, title: `${job.operation}: the whole job`, mimeType: "application/json" };
  return { value: { ...view, value: null }, text, links: [link, ...links] };
}

/** The URI under which a job can be read with its whole value. */
function jobUri(id: string): string {
  return `hark://jobs/${id}`;
}

/** Links to the files of a job that are in the store. */
export function fileLinks({ files }: Job): ResourceLink[] {
  return files
    .filter(({ path }) => path === null)
    .map(({ sha256, filename, role, mimeType }) => ({
      uri: fileUri(sha256, filename),
      name: filename,
      title: role,
      mimeType,
    }));
}

/** A job in one line, with what to do next where it is not finished. */
function describeJob(job: Job): string {
  const { id, operation, status, files, error, warning, progressShare, progressMessage } = job;
  if (!isFinished(job)) {
    const progress = progressShare === null ? "" : ` (${Math.round(progressShare * 100)} %)`;
    const message = progressMessage === null ? "" : `, ${progressMessage}`;
    return `${operation} is ${status}${progress}${message}. It goes on by itself: get_job with job_id ${id} and wait_seconds 45 follows it, cancel_job stops it.`;
  }
  if (status === "failed") return `${operation} failed (${id}): ${error?.message ?? ""}`;
  if (status === "cancelled") return `${operation} was cancelled (${id}).`;
  const names = files.map(({ path, filename }) => path ?? filename).join(", ");
  return `${operation} is done (${id})${names === "" ? "" : `: ${names}`}${warning === null ? "" : `. Warning: ${warning}`}`;
}

async function fileView(file: JobFile, access: FileAccess): Promise<JobView["files"][number]> {
  const { role, filename, mimeType, sizeBytes, sha256, path } = file;
  const isStored = path === null;
  return {
    role,
    filename,
    mime_type: mimeType,
    size_bytes: sizeBytes,
    sha256,
    path,
    uri: isStored ? fileUri(sha256, filename) : null,
    download_url: isStored ? await downloadUrl(access, sha256, filename) : null,
  };
}
