/** Which failures are worth another attempt. */
import type { AppError, ErrorKind } from "../errors.ts";
import { isConnectionError } from "../storage/database-error.ts";

const PASSING: ReadonlySet<ErrorKind> = new Set(["upstream", "rate_limited", "internal"]);

/** What may pass by itself: a far end that fails, a process that died, a lost database. What needs somebody to act does not. */
export function isRetryable(error: AppError): boolean {
  return PASSING.has(error.kind) || isConnectionError(error.cause);
}
