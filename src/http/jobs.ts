/** Jobs for applications: list, look, cancel. They are begun by the tools of their operations. */
import { Hono } from "hono";
import { AppError } from "../errors.ts";
import { cancelJob } from "../tools/cancel-job.ts";
import { getJob } from "../tools/get-job.ts";
import type { JsonSchema } from "../tools/json-schema.ts";
import { listJobs } from "../tools/list-jobs.ts";
import { runTool } from "../tools/run-tool.ts";
import { describeEndpoint } from "./endpoint-description.ts";
import type { HttpEnv } from "./http-env.ts";
import { allowOnly } from "./problem.ts";
import { queryArguments } from "./request-input.ts";
import type { ServicesOf } from "./services-of.ts";

interface JobRoutes {
  readonly servicesOf: ServicesOf;
  /** Whether nothing may be cancelled. */
  readonly readOnly: boolean;
}

const WAIT = getJob.input.omit({ job_id: true });

/** `/v1/jobs` and `/v1/jobs/{id}`. */
export function jobRoutes({ servicesOf, readOnly }: JobRoutes): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const callOf = (context: Parameters<ServicesOf>[0]) => ({
    services: servicesOf(context),
    signal: context.req.raw.signal,
    progress: () => {},
  });

  app.get("/v1/jobs", async (context) =>
    context.json((await runTool(listJobs, queryArguments(context, listJobs.input), callOf(context))).value),
  );
  app.get("/v1/jobs/:id", async (context) => {
    const args = { ...queryArguments(context, WAIT), job_id: context.req.param("id") };
    return context.json((await runTool(getJob, args, callOf(context))).value);
  });
  app.delete("/v1/jobs/:id", async (context) => {
    if (readOnly) throw new AppError("forbidden", "This server changes nothing: HARK_READ_ONLY is set.");
    return context.json((await runTool(cancelJob, { job_id: context.req.param("id") }, callOf(context))).value);
  });

  allowOnly(app, "/v1/jobs", "GET");
  allowOnly(app, "/v1/jobs/:id", "GET, DELETE");
  return app;
}

export const JOB_PATHS: JsonSchema = {
  "/v1/jobs": {
    get: describeEndpoint({
      operationId: "list_jobs_v1",
      summary: listJobs.title,
      description: listJobs.description,
      tag: "jobs",
      query: listJobs.input,
      answers: { "200": listJobs.output },
    }),
  },
  "/v1/jobs/{id}": {
    get: describeEndpoint({
      operationId: "read_job",
      summary: getJob.title,
      description: getJob.description,
      tag: "jobs",
      path: ["id"],
      query: WAIT,
      answers: { "200": getJob.output },
    }),
    delete: describeEndpoint({
      operationId: "delete_job",
      summary: cancelJob.title,
      description: cancelJob.description,
      tag: "jobs",
      path: ["id"],
      answers: { "200": cancelJob.output },
    }),
  },
};
