/** From an operation to its tool: one job a recording, followed for a while, else handed over. */
import { z } from "zod";
import { AppError, toAppError } from "../errors.ts";
import { isFinished } from "../jobs/job-service.ts";
import type { Operation } from "../processing/operation.ts";
import type { Job } from "../storage/job-repository.ts";
import { fileLinks, JOB_VIEW, type JobView, jobAnswer, jobView } from "./job-view.ts";
import { requireScope } from "./scopes.ts";
import type { CallContext, Tool, ToolAnswer } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";

const MOST_TRACKS = 20;

/** What somebody waits for goes before what was asked for by the dozen. */
const SINGLE_PRIORITY = 10;
const BATCH_PRIORITY = 0;

/** An answer has room for 20,000 characters; what many jobs gave may be more, and get_job gives it one by one. */
const MOST_CHARACTERS = 16_000;

const PLACE = z.strictObject({
  track_id: TRACK_REFERENCE.optional(),
  track_ids: z.array(TRACK_REFERENCE).min(1).max(MOST_TRACKS).describe("Several, in place of track_id").optional(),
  output_dir: z.string().min(1).max(4096).describe("Folder for the files; else Hark keeps them").optional(),
  overwrite: z.boolean().describe("Of files in output_dir; else new names").optional(),
});

const FAILED_TRACK = z.object({
  track_id: z.string(),
  job_id: z.null(),
  status: z.literal("failed"),
  error: JOB_VIEW.shape.error,
});

const BRIEF = JOB_VIEW.pick({ job_id: true, track_id: true, status: true, warning: true, error: true });

const RESULTS = z.array(z.union([JOB_VIEW, FAILED_TRACK, BRIEF])).optional();

type FailedTrack = z.output<typeof FAILED_TRACK>;
type Brief = z.output<typeof BRIEF>;

/** The tool of an operation. One track: its job. Several: a result for each, whatever becomes of the others. */
export function operationTool(operation: Operation): Tool {
  const { name, title, description } = operation;
  return {
    name,
    title,
    description,
    toolset: "processing",
    input: z.strictObject({ ...PLACE.shape, ...operation.input.shape }),
    output: z.object({
      ...JOB_VIEW.partial().shape,
      value: operation.output.nullable().optional(),
      status: z.enum([...JOB_VIEW.shape.status.options, "partial"]),
      results: RESULTS,
    }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    async run(input, context) {
      const { track_id, track_ids, output_dir, overwrite, ...parameters } = input;
      const place = PLACE.parse({ track_id, track_ids, output_dir, overwrite });
      if ((place.track_id === undefined) === (place.track_ids === undefined)) {
        throw new AppError("invalid_input", `${name} takes either track_id or track_ids, and one of them is needed.`);
      }
      if (place.output_dir !== undefined) requireScope(context.services.caller, "files");
      const request = {
        operation,
        parameters,
        outputDir: place.output_dir ?? null,
        overwrite: place.overwrite ?? false,
      };
      return place.track_id === undefined
        ? runSeveral(place.track_ids ?? [], request, context)
        : runOne(place.track_id, request, context);
    },
  };
}

interface Request {
  readonly operation: Operation;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly outputDir: string | null;
  readonly overwrite: boolean;
}

interface Submitted {
  readonly job: Job;
  /** False for one that was there. */
  readonly created: boolean;
}

async function submit(
  reference: string,
  request: Request,
  priority: number,
  { services, signal }: CallContext,
): Promise<Submitted> {
  const track = await services.library.resolve(reference, signal);
  return services.jobs.submit({ ...request, track, priority });
}

async function runOne(
  reference: string,
  request: Request,
  context: CallContext,
): Promise<ToolAnswer<Record<string, unknown>>> {
  const submitted = await submit(reference, request, SINGLE_PRIORITY, context);
  const [job] = await follow([submitted], context, ([followed]) =>
    context.progress(followed?.progressShare ?? null, followed?.progressMessage ?? followed?.status ?? "waiting"),
  );
  if (job === undefined) throw new Error("following gave no job");
  if (job.error !== null) throw new AppError(job.error.kind, `${job.error.message} (${job.id})`);
  return jobAnswer(job, context.services.files);
}

async function runSeveral(
  references: readonly string[],
  request: Request,
  context: CallContext,
): Promise<ToolAnswer<Record<string, unknown>>> {
  const entries = await Promise.all(
    references.map((reference) =>
      submit(reference, request, BATCH_PRIORITY, context).catch((error) => failedTrack(reference, error)),
    ),
  );
  const submitted = entries.filter((entry) => "job" in entry);
  const followed = await follow(submitted, context, (current) =>
    context.progress(meanShare(current), `${current.filter(isFinished).length} of ${current.length} finished`),
  );
  const views = new Map(
    await Promise.all(followed.map(async (job) => [job.id, await jobView(job, context.services.files)] as const)),
  );
  const results = entries.flatMap((entry) => ("job" in entry ? (views.get(entry.job.id) ?? []) : entry));
  const status = overallStatus(results.map((result) => result.status));
  const text = describeSeveral(request.operation.name, results);
  const fits = (shown: readonly object[]) => JSON.stringify(shown).length <= MOST_CHARACTERS;
  if (fits(results)) return { value: { status, results }, text, links: followed.flatMap(fileLinks) };
  const valueless = results.map((result) => ("value" in result ? { ...result, value: null } : result));
  const shown = fits(valueless) ? valueless : results.map(brief);
  return {
    value: { status, results: shown },
    text: `${text}. Not all fits here: get_job gives the whole of each job.`,
  };
}

function describeSeveral(name: string, results: readonly (JobView | FailedTrack)[]): string {
  const count = (...statuses: string[]) => results.filter(({ status }) => statuses.includes(status)).length;
  const [failures, unfinished, cancelled] = [count("failed"), count("queued", "running"), count("cancelled")];
  return [
    `${name}: ${count("done")} of ${results.length} done`,
    ...(failures > 0 ? [`${failures} failed, each with its error`] : []),
    ...(cancelled > 0 ? [`${cancelled} were cancelled`] : []),
    ...(unfinished > 0 ? [`${unfinished} go on by themselves: get_job follows them, list_jobs shows them`] : []),
  ].join("; ");
}

/** Waits for jobs as long as a call waits. Where they end with the call, those that it has made are cancelled with it. */
async function follow(
  submitted: readonly Submitted[],
  { services: { jobs }, signal }: CallContext,
  onProgress: (jobs: readonly Job[]) => void,
): Promise<Job[]> {
  const ids = submitted.map(({ job }) => job.id);
  try {
    return await jobs.follow(ids, { limitMs: jobs.waitLimitMs, signal, onProgress });
  } catch (error) {
    const ending = signal.aborted && jobs.endWithCall ? submitted.filter(({ created }) => created) : [];
    await Promise.all(ending.map(({ job }) => jobs.cancel(job.id)));
    throw error;
  }
}

function failedTrack(reference: string, cause: unknown): FailedTrack {
  const { kind, message } = toAppError(cause);
  return { track_id: reference, job_id: null, status: "failed", error: { kind, message } };
}

/** What came of a job, without its value and files. */
function brief(result: JobView | FailedTrack): Brief | FailedTrack {
  if (result.job_id === null) return result;
  const { job_id, track_id, status, warning, error } = result;
  return { job_id, track_id, status, warning, error };
}

function meanShare(jobs: readonly Job[]): number | null {
  if (jobs.length === 0) return null;
  const shares = jobs.map((job) => (isFinished(job) ? 1 : (job.progressShare ?? 0)));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Of several jobs: what all are, `running` while one is not finished, `partial` where they ended differently. */
function overallStatus(statuses: readonly string[]): JobView["status"] | "partial" {
  if (statuses.some((status) => status === "running" || status === "queued")) return "running";
  for (const status of ["done", "failed", "cancelled"] as const) {
    if (statuses.every((other) => other === status)) return status;
  }
  return "partial";
}
