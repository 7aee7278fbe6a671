/** Whether a file store can be used, in the words of `hark doctor`. */

export interface StoreState {
  readonly status: "ok" | "limited" | "failed";
  readonly detail: string;
  /** What to do about it; null when it is well. */
  readonly remedy: string | null;
}

/** Less room than for a few long recordings. */
const LITTLE_BYTES = 2e9;

/** Of a folder on a disk. @param freeBytes Null where it cannot be written to. */
export function localStoreState(folder: string, freeBytes: number | null): StoreState {
  if (freeBytes === null) {
    const remedy = "Make room or give Hark the right to write there, or set HARK_HOME to another folder.";
    return { status: "failed", detail: `Files of jobs cannot be written to ${folder}`, remedy };
  }
  const detail = `Files of jobs are kept in ${folder}, with ${(freeBytes / 1e9).toFixed(1)} GB free`;
  if (freeBytes >= LITTLE_BYTES) return { status: "ok", detail, remedy: null };
  const remedy = "Stems of an hour take 2.5 GB. Make room (hark gc), or set HARK_HOME to another disk.";
  return { status: "limited", detail, remedy };
}

/** Of a bucket. @param error What a try to list, write and remove has thrown; null for nothing. */
export function bucketState(bucket: string, error: unknown): StoreState {
  if (error === null) {
    return { status: "ok", detail: `Files of jobs are kept in the bucket ${bucket}, which can be used`, remedy: null };
  }
  const [why, remedy] = whyUnusable(error);
  return { status: "failed", detail: `Files of jobs cannot be kept in the bucket ${bucket}: ${why}`, remedy };
}

function whyUnusable(error: unknown): readonly [why: string, remedy: string] {
  const name = error instanceof Error ? error.name : "";
  const answer = error instanceof Error && "$metadata" in error ? error.$metadata : null;
  const status =
    typeof answer === "object" && answer !== null && "httpStatusCode" in answer ? Number(answer.httpStatusCode) : 0;
  if (name === "CredentialsProviderError") {
    return [
      "there is no key for it",
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile of the AWS tools.",
    ];
  }
  if (name === "NoSuchBucket" || status === 404) {
    return ["there is no such bucket", "Make the bucket, or correct HARK_STORE."];
  }
  if (status === 401 || status === 403) {
    const rights = "s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload";
    return ["the key may not use it", `Check the key, and give it ${rights} on the bucket.`];
  }
  if (status === 301 || name === "PermanentRedirect") {
    return ["it lies in another region", "Put region=… into HARK_STORE."];
  }
  if (status > 0) return [`the server failed (${status})`, "Look at the server, and at the address in HARK_STORE."];
  return ["nothing answers there", "Check endpoint=… and region=… in HARK_STORE, and the network."];
}
