/** Failures of language models as HTTP says them to somebody who asked Hark. */
import { type AppError, toAppError } from "../errors.ts";
import { LlmError } from "../gateway/llm-error.ts";
import { HttpError } from "./problem.ts";

/**
 * As its kind says, but a provider that refuses Hark's key is a bad gateway (401 would speak of the caller's own), and a provider
 * that asks to wait says so in Retry-After.
 */
export function llmProblem(error: unknown): AppError {
  const known = toAppError(error);
  const { kind, message } = known;
  if (kind === "unauthorised") return new HttpError(502, kind, message, { cause: error });
  const waitMs = known instanceof LlmError ? known.retryAfterMs : null;
  if (kind !== "rate_limited" || waitMs === null) return known;
  return new HttpError(429, kind, message, {
    cause: error,
    headers: { "retry-after": String(Math.ceil(waitMs / 1000)) },
  });
}
