/** Asking for jobs and waiting for them, for the tools of operations. */
import { AppError } from "../errors.ts";
import { isFinished } from "../jobs/job-service.ts";
import type { Operation } from "../processing/operation.ts";
import type { Job } from "../storage/job-repository.ts";
import type { CallContext } from "./tool.ts";

/** What somebody waits for goes before what was asked for by the dozen. */
export const SINGLE_PRIORITY = 10;
export const BATCH_PRIORITY = 0;

/** What a call wants done, whatever the recordings are. */
export interface JobRequests {
  readonly operation: Operation;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly outputDir: string | null;
  readonly overwrite: boolean;
}

export interface Submitted {
  readonly job: Job;
  /** False for one that was there. */
  readonly created: boolean;
}

/** @throws AppError as the library and the job service do. */
export async function submitJob(
  reference: string,
  request: JobRequests,
  priority: number,
  sourceFilename: string | null,
  { services, signal }: CallContext,
): Promise<Submitted> {
  const track = await services.library.resolve(reference, signal);
  return services.jobs.submit({ ...request, track, sourceFilename, priority });
}

/** Waits for jobs as long as a call waits, of which asking for a batch has taken a part. Where they end with the call, those that it has made are cancelled with it. */
export async function followJobs(
  submitted: readonly Submitted[],
  { services: { jobs }, signal, onJobs }: CallContext,
  onProgress: (jobs: readonly Job[]) => void,
  batch: { readonly id: string; readonly askedMs: number } | null = null,
): Promise<Job[]> {
  const ids = submitted.map(({ job }) => job.id);
  onJobs?.(batch === null ? ids : [batch.id]);
  const limitMs = Math.max(0, jobs.waitLimitMs - (batch?.askedMs ?? 0));
  try {
    return await jobs.follow(ids, { limitMs, signal, onProgress });
  } catch (error) {
    if (!signal.aborted || !jobs.endWithCall) throw error;
    const ended = await Promise.all(submitted.filter(({ created }) => created).map(({ job }) => jobs.cancel(job.id)));
    throw interrupted(
      ended.filter(({ wasCancelled }) => wasCancelled).map(({ job }) => job.id),
      submitted.length,
    );
  }
}

/** How far jobs are together; null where there are none. */
export function meanShare(jobs: readonly Job[]): number | null {
  if (jobs.length === 0) return null;
  const shares = jobs.map((job) => (isFinished(job) ? 1 : (job.progressShare ?? 0)));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Jobs that a message names. */
const MOST_NAMED = 10;

/** Says what became of the jobs of a call that ended them. */
function interrupted(cancelled: readonly string[], asked: number): AppError {
  const [first = ""] = cancelled;
  const more = cancelled.length > MOST_NAMED ? `, … (hark list_jobs --status cancelled has all)` : "";
  const named = `${cancelled.slice(0, MOST_NAMED).join(", ")}${more}`;
  if (cancelled.length === 0) {
    return new AppError("cancelled", "Interrupted. No job was cancelled: list_jobs shows what is finished or goes on.");
  }
  const which =
    asked === 1 ? `The job ${first} was cancelled` : `${cancelled.length} of ${asked} jobs were cancelled (${named})`;
  const rest = asked === 1 ? "" : "; what was finished stays";
  return new AppError("cancelled", `${which}${rest}. The same command does it again.`);
}
