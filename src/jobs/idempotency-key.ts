/** What makes two jobs the same. */
import { createHash } from "node:crypto";
import type { NewJob } from "../storage/job-repository.ts";
import { parametersHash } from "../storage/parameters-hash.ts";

type Work = Pick<
  NewJob,
  "owner" | "operation" | "version" | "parameters" | "sourceSha256" | "sourceFilename" | "outputDir" | "overwrite"
> & {
  /** The models that the operation can use: ids and hashes of their files. */
  readonly models: readonly string[];
};

/** The same for the same owner, bytes, operation, version, parameters, place of the outputs and usable models, and name where the outputs are to have another than the track. */
export function idempotencyKey(work: Work): string {
  const { owner, operation, version, parameters, sourceSha256, sourceFilename, outputDir, overwrite, models } = work;
  const parts = [owner, operation, version, parametersHash(parameters), sourceSha256, outputDir, overwrite, models];
  if (sourceFilename !== null) parts.push(sourceFilename);
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
