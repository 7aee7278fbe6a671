/** Every resource, in the order in which clients list them. */
import { analysisResource } from "./analysis-resource.ts";
import { costsResource } from "./costs-resource.ts";
import { fileResource } from "./file-resource.ts";
import { jobResource } from "./job-resource.ts";
import { modelsResource } from "./models-resource.ts";
import type { Resource } from "./resource.ts";
import { routeResource } from "./route-resource.ts";
import { sessionResource } from "./session-resource.ts";
import { trackResource } from "./track-resource.ts";
import { tracksResource } from "./tracks-resource.ts";

export const RESOURCES: readonly Resource[] = [
  tracksResource,
  trackResource,
  analysisResource,
  modelsResource,
  costsResource,
  routeResource,
  sessionResource,
  jobResource,
  fileResource,
];
