/** From an operation to its tool: one job a recording, followed for a while, else handed over. */
import { z } from "zod";
import { AppError, toAppError } from "../errors.ts";
import { isFinished } from "../jobs/job-service.ts";
import type { Operation } from "../processing/operation.ts";
import { fileLinks, JOB_VIEW, type JobView, jobAnswer, jobView } from "./job-view.ts";
import { FOLDER_VIEW, runFolder } from "./operation-folder.ts";
import { requireScope } from "./scopes.ts";
import { BATCH_PRIORITY, followJobs, type JobRequests, meanShare, SINGLE_PRIORITY, submitJob } from "./submit-jobs.ts";
import type { CallContext, Tool, ToolAnswer } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";

const MOST_TRACKS = 20;

/** An answer has room for 20,000 characters; what many jobs gave may be more, and get_job gives it one by one. */
const MOST_CHARACTERS = 16_000;

const PLACE = z.strictObject({
  track_id: TRACK_REFERENCE.optional(),
  track_ids: z.array(TRACK_REFERENCE).min(1).max(MOST_TRACKS).describe("Several, in place of track_id").optional(),
  folder: z.string().min(1).max(4096).describe("All recordings in a folder; needs output_dir").optional(),
  recursive: z.boolean().describe("Its folders too; default true").optional(),
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
      folder: FOLDER_VIEW.optional(),
    }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    async run(input, context) {
      const { track_id, track_ids, folder, recursive, output_dir, overwrite, ...parameters } = input;
      const place = PLACE.parse({ track_id, track_ids, folder, recursive, output_dir, overwrite });
      const named = [place.track_id, place.track_ids, place.folder].filter((one) => one !== undefined);
      if (named.length !== 1) {
        const message = `${name} takes one of track_id, track_ids and folder, and one of them is needed.`;
        throw new AppError("invalid_input", message);
      }
      operation.check?.(operation.input.parse(parameters));
      if (place.output_dir !== undefined) requireScope(context.services.caller, "files");
      const request = {
        operation,
        parameters,
        outputDir: place.output_dir ?? null,
        overwrite: place.overwrite ?? false,
      };
      if (place.folder !== undefined) return runFolder(place.folder, place.recursive ?? true, request, context);
      return place.track_id === undefined
        ? runSeveral(place.track_ids ?? [], request, context)
        : runOne(place.track_id, request, context);
    },
  };
}

async function runOne(
  reference: string,
  request: JobRequests,
  context: CallContext,
): Promise<ToolAnswer<Record<string, unknown>>> {
  const submitted = await submitJob(reference, request, SINGLE_PRIORITY, context);
  const [job] = await followJobs([submitted], context, ([followed]) =>
    context.progress(followed?.progressShare ?? null, followed?.progressMessage ?? followed?.status ?? "waiting"),
  );
  if (job === undefined) throw new Error("following gave no job");
  if (job.error !== null) throw new AppError(job.error.kind, `${job.error.message} (${job.id})`);
  return jobAnswer(job, context.services.files);
}

async function runSeveral(
  references: readonly string[],
  request: JobRequests,
  context: CallContext,
): Promise<ToolAnswer<Record<string, unknown>>> {
  const entries = await Promise.all(
    references.map((reference) =>
      submitJob(reference, request, BATCH_PRIORITY, context).catch((error) => failedTrack(reference, error)),
    ),
  );
  const submitted = entries.filter((entry) => "job" in entry);
  const followed = await followJobs(submitted, context, (current) =>
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

/** Of several jobs: what all are, `running` while one is not finished, `partial` where they ended differently. */
function overallStatus(statuses: readonly string[]): JobView["status"] | "partial" {
  if (statuses.some((status) => status === "running" || status === "queued")) return "running";
  for (const status of ["done", "failed", "cancelled"] as const) {
    if (statuses.every((other) => other === status)) return status;
  }
  return "partial";
}
