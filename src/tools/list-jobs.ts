/** Lists jobs, page by page. */
import { z } from "zod";
import { JOB_SUMMARY, jobSummary } from "./job-view.ts";
import { defineTool, READ_ONLY } from "./tool.ts";

export const listJobs = defineTool({
  name: "list_jobs",
  title: "List jobs",
  description: "Lists jobs, newest first: what is queued, running, done, failed or cancelled.",
  toolset: "processing",
  input: z.strictObject({
    status: JOB_SUMMARY.shape.status.optional(),
    operation: z.string().max(100).optional(),
    limit: z.int().min(1).max(50).default(20),
    before: z.string().max(100).describe("next_before of the page before").optional(),
  }),
  output: z.object({ jobs: z.array(JOB_SUMMARY), next_before: z.string().nullable() }),
  annotations: READ_ONLY,

  async run({ limit, ...filter }, { services }) {
    const found = await services.jobs.list({ ...filter, limit: limit + 1 });
    const jobs = found.slice(0, limit).map(jobSummary);
    const last = found.length > limit ? (jobs.at(-1)?.job_id ?? null) : null;
    const text =
      jobs.length === 0
        ? "There are no such jobs."
        : `${jobs.length} jobs${last === null ? "" : "; more with next_before"}`;
    return { value: { jobs, next_before: last }, text };
  },
});
