/** Stops a job. */
import { z } from "zod";
import { JOB_SUMMARY } from "./job-view.ts";
import { defineTool } from "./tool.ts";

export const cancelJob = defineTool({
  name: "cancel_job",
  title: "Cancel job",
  description: "Cancels a queued or running job; it stops within seconds and leaves no files.",
  toolset: "processing",
  input: z.strictObject({ job_id: z.string().min(1).max(100) }),
  output: z.object({
    job_id: z.string(),
    status: JOB_SUMMARY.shape.status,
    cancelled: z.boolean().describe("false: it was finished already"),
  }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },

  async run({ job_id }, { services }) {
    const { job, wasCancelled } = await services.jobs.cancel(job_id);
    const text = wasCancelled ? `Cancelled ${job.operation} (${job.id}).` : `${job.id} was ${job.status} already.`;
    return { value: { job_id: job.id, status: job.status, cancelled: wasCancelled }, text };
  },
});
