/** Turns what the database layer throws into errors that may be shown. */
import { AppError } from "../errors.ts";

/** Node's and the driver's codes, and SQLSTATEs, that mean that the server cannot be spoken to at the moment. */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "EAGAIN",
  "ENOTFOUND",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "53300", // too_many_connections
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
]);

/** SQLSTATEs of a disk that takes no more. */
const FULL_CODES: ReadonlySet<string> = new Set([
  "53100", // disk_full
  "58030", // io_error
]);

/** The error's `code` property, its own or that of the nearest cause that has one. */
export function errorCode(error: unknown): string | undefined {
  for (const link of causes(error)) {
    if ("code" in link && typeof link.code === "string") return link.code;
  }
  return undefined;
}

/** Whether the server was away, starting, stopping or full, so that trying again may help. Never so for an AppError. */
export function isConnectionError(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && (CONNECTION_CODES.has(code) || code.startsWith("08"));
}

/** An AppError for whatever a query threw: the AppError inside it, `unavailable` for a lost connection or a full disk, else `internal`. */
export function databaseError(error: unknown): AppError {
  for (const link of causes(error)) {
    if (link instanceof AppError) return link;
  }
  if (isConnectionError(error)) {
    const message =
      "The database cannot be reached at the moment. Try again; `hark doctor` says what is wrong with it.";
    return new AppError("unavailable", message, { cause: error, mayPass: true });
  }
  if (FULL_CODES.has(errorCode(error) ?? "")) {
    const message =
      "There is no room on the disk with the database. Make room; `hark doctor` shows where Hark keeps its data.";
    return new AppError("unavailable", message, { cause: error });
  }
  return new AppError("internal", "The database refused a query. The log holds the details.", { cause: error });
}

/** Runs a query and turns what it throws into an AppError. */
export async function query<Result>(run: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

/** The error and its causes, down to the first AppError, whose own causes are the log's business. */
function* causes(error: unknown): Generator<Error> {
  for (let link = error; link instanceof Error; link = link instanceof AppError ? null : link.cause) yield link;
}
