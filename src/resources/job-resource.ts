/** `hark://jobs/{id}`: a job with its whole value, however long. */
import { jobView } from "../tools/job-view.ts";
import type { Resource } from "./resource.ts";

export const jobResource: Resource = {
  name: "job",
  title: "Job",
  description: "A job of yours with its whole result, which may be too long for the answer of a tool.",
  uriTemplate: "hark://jobs/{id}",
  mimeType: "application/json",

  async read({ id = "" }, { services }) {
    return jobView(await services.jobs.get(id), services.files);
  },
};
