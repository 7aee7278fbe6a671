/** What disks and object stores throw, as errors that may be shown. */
import { AppError } from "../errors.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** @param place What is full or gone, for the message: "the disk with Hark's data folder". */
export function storageFailure(cause: unknown, place: string): AppError {
  if (cause instanceof AppError) return cause;
  if (cause instanceof Error && cause.name === "AbortError") {
    return new AppError("cancelled", "The request was cancelled before it finished.", { cause });
  }
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (typeof code === "string" && FULL.has(code)) {
    const message = `There is no room on ${place}: nothing was stored. Make room (hark gc removes what nothing refers to) and try again.`;
    return new AppError("unavailable", message, { cause });
  }
  if (code === "ENOENT") return new AppError("not_found", "There is no such file any more.", { cause });
  const message = `Files cannot be written to ${place} or read from it at the moment. Check that it is there and that Hark may use it; the log holds the reason.`;
  return new AppError("unavailable", message, { cause });
}

/** For a hash that the store does not hold. */
export function missingFile(cause?: unknown): AppError {
  const message = "There is no such file in the store: it was removed, or never made here. Run the job again.";
  return new AppError("not_found", message, { cause });
}
