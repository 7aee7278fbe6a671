/** What makes two jobs the same. */
import { createHash } from "node:crypto";
import type { NewJob } from "../storage/job-repository.ts";
import { parametersHash } from "../storage/parameters-hash.ts";

/** The same for the same owner, bytes, operation, version, parameters and place of the outputs. */
export function idempotencyKey(
  job: Pick<NewJob, "owner" | "operation" | "version" | "parameters" | "sourceSha256" | "outputDir" | "overwrite">,
): string {
  const { owner, operation, version, parameters, sourceSha256, outputDir, overwrite } = job;
  const parts = [owner, operation, version, parametersHash(parameters), sourceSha256, outputDir, overwrite];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
