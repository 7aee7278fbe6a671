/** How a job is doing, and what came of it. */
import { z } from "zod";
import { JOB_VIEW, jobAnswer } from "./job-view.ts";
import { defineTool, READ_ONLY } from "./tool.ts";

export const getJob = defineTool({
  name: "get_job",
  title: "Get job",
  description: "Progress of a job, or its result and files. wait_seconds waits for its end, with progress.",
  toolset: "processing",
  input: z.strictObject({
    job_id: z.string().min(1).max(100),
    wait_seconds: z.number().min(0).max(45).default(0),
  }),
  output: JOB_VIEW,
  annotations: READ_ONLY,

  async run({ job_id, wait_seconds }, { services, signal, progress }) {
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
