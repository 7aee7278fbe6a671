/** How a job is doing, and what came of it. */

import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { isFinished } from "../jobs/job-service.ts";
import { batchAnswer, FOLDER_VIEW } from "./folder-batch.ts";
import { JOB_VIEW, jobAnswer } from "./job-view.ts";
import { meanShare } from "./submit-jobs.ts";
import { type CallContext, defineTool, READ_ONLY } from "./tool.ts";

/** Between the end of the last job of a folder and its report. */
const REPORT_MS = 2000;
const LOOK_MS = 200;

export const getJob = defineTool({
  name: "get_job",
  title: "Get job",
  description: "Progress of a job, or its result and files. wait_seconds waits for its end, with progress.",
  toolset: "processing",
  input: z.strictObject({
    job_id: z.string().min(1).max(100).describe("Or batch_id of a folder"),
    wait_seconds: z.number().min(0).max(45).default(0),
  }),
  output: z.object({
    ...JOB_VIEW.partial().shape,
    status: z.enum([...JOB_VIEW.shape.status.options, "partial"]),
    folder: FOLDER_VIEW.optional(),
  }),
  annotations: READ_ONLY,

  async run({ job_id, wait_seconds }, context) {
    const { services, signal, progress } = context;
    if (job_id.startsWith("batch_")) return getBatch(job_id, wait_seconds, context);
    const [job] = await services.jobs.follow([job_id], {
      limitMs: wait_seconds * 1000,
      signal,
      onProgress: ([followed]) =>
        progress(followed?.progressShare ?? null, followed?.progressMessage ?? followed?.status ?? "waiting"),
    });
    if (job === undefined) throw new Error("following gave no job");
    return jobAnswer(job, services.files);
  },
});

/** What the jobs of a folder are together, and where their report is. */
async function getBatch(id: string, waitSeconds: number, { services: { jobs }, signal, progress }: CallContext) {
  const first = await jobs.findBatch(id);
  const ids = first.items.flatMap(({ jobId }) => jobId ?? []);
  const followed = await jobs.follow(ids, {
    limitMs: waitSeconds * 1000,
    signal,
    onProgress: (current) => {
      progress(meanShare(current), `${current.filter(isFinished).length} of ${current.length} finished`);
    },
  });
  let batch = await jobs.findBatch(id);
  if (followed.every(isFinished)) {
    for (let ms = 0; ms < REPORT_MS && batch.reports.length === 0; ms += LOOK_MS) {
      await sleep(LOOK_MS);
      batch = await jobs.findBatch(id);
    }
  }
  return batchAnswer(batch, followed);
}
