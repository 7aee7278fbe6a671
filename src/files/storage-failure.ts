/** What disks and object stores throw, as errors that may be shown. */
import { AppError } from "../errors.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** A network that fails for the moment: Node's codes, and the names that the AWS SDK gives to them. */
const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
]);
const NETWORK_NAMES = new Set(["TimeoutError", "NetworkingError", "RequestTimeout", "SlowDown", "ThrottlingException"]);

/** @param place What is full or gone, for the message: "the disk with Hark's data folder". */
export function storageFailure(cause: unknown, place: string): AppError {
  if (cause instanceof AppError) return cause;
  if (cause instanceof Error && cause.name === "AbortError") {
    return new AppError("cancelled", "The request was cancelled before it finished.", { cause });
  }
  if (isDiskFull(cause)) {
    const message = `There is no room on ${place}: nothing was stored. Make room (hark gc removes what nothing refers to) and try again.`;
    return new AppError("unavailable", message, { cause });
  }
  if (codeOf(cause) === "ENOENT") return new AppError("not_found", "There is no such file any more.", { cause });
  if (mayPass(cause)) {
    const message = `Files cannot be written to ${place} or read from it at the moment: it does not answer, or is overloaded. Try again; \`hark doctor\` looks at it.`;
    return new AppError("unavailable", message, { cause, mayPass: true });
  }
  const message = `Files cannot be written to ${place} or read from it. Check that it is there and that Hark may use it (\`hark doctor\`); the log holds the reason.`;
  return new AppError("unavailable", message, { cause });
}

/** Whether a disk took no more: no room, or a limit of this user's. */
export function isDiskFull(error: unknown): boolean {
  return FULL.has(codeOf(error));
}

/** For a hash that the store does not hold. */
export function missingFile(cause?: unknown): AppError {
  const message = "There is no such file in the store: it was removed, or never made here. Run the job again.";
  return new AppError("not_found", message, { cause });
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (NETWORK.has(codeOf(error)) || NETWORK_NAMES.has(error.name)) return true;
  // What the AWS SDK says of an answer.
  const answer = "$metadata" in error && typeof error.$metadata === "object" ? error.$metadata : null;
  const status = answer !== null && "httpStatusCode" in answer ? Number(answer.httpStatusCode) : 0;
  return status >= 500 || status === 429;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
