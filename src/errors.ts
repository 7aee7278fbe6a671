/** The one error type that crosses Hark's rooms. Each surface turns its kind into a form of its own. */

export const ERROR_KINDS = [
  "invalid_input",
  "not_found",
  "unauthorised",
  "forbidden",
  "over_budget",
  "rate_limited",
  "unavailable",
  "upstream",
  "cancelled",
  "internal",
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

interface AppErrorOptions extends ErrorOptions {
  readonly dependsOnSettings?: boolean;
  readonly mayPass?: boolean;
}

/**
 * An expected failure. The message is shown to people and models: it says what was wrong, what was expected and what to
 * do next, and holds no path outside the caller's own words, no SQL and no upstream text. Those belong into `cause`.
 */
export class AppError extends Error {
  readonly kind: ErrorKind;
  /** Whether another setting (a limit) would have made it succeed, so that the failure is not to be remembered. */
  readonly dependsOnSettings: boolean;
  /** Whether the same may succeed a moment later without anybody's doing: a far end that fails, a process that was killed. */
  readonly mayPass: boolean;

  constructor(kind: ErrorKind, message: string, options: AppErrorOptions = {}) {
    super(message, options);
    this.name = "AppError";
    this.kind = kind;
    this.dependsOnSettings = options.dependsOnSettings ?? false;
    this.mayPass = options.mayPass ?? (kind === "upstream" || kind === "rate_limited");
  }
}

/** The error as an AppError: itself if it is one, `cancelled` for an abort, else `internal` with the original as cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && error.name === "AbortError") {
    return new AppError("cancelled", "The request was cancelled before it finished.", { cause: error });
  }
  return new AppError(
    "internal",
    "Something went wrong inside Hark. The log holds the details under this request's id.",
    {
      cause: error,
    },
  );
}
