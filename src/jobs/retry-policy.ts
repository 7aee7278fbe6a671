/** Which failures are worth another attempt. */
import type { AppError } from "../errors.ts";
import { isConnectionError } from "../storage/database-error.ts";
import { ProcessDied } from "./operation-runner.ts";

/** What may pass by itself: a far end that fails, a process that died, a lost database. What needs somebody to act does not. */
export function isRetryable(error: AppError): boolean {
  const { kind, cause } = error;
  return kind === "upstream" || kind === "rate_limited" || error instanceof ProcessDied || isConnectionError(cause);
}
