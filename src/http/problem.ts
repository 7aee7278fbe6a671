/** Errors as HTTP says them: problem+json, RFC 9457. */
import type { AppError, ErrorKind } from "../errors.ts";

const STATUS: Record<ErrorKind, number> = {
  invalid_input: 400,
  unauthorised: 401,
  over_budget: 402,
  forbidden: 403,
  not_found: 404,
  rate_limited: 429,
  cancelled: 499,
  internal: 500,
  upstream: 502,
  unavailable: 503,
};

/** The response for an error; the status is its kind's, unless HTTP has a more exact one. */
export function problemResponse({ kind, message }: AppError, requestId: string, status = STATUS[kind]): Response {
  const problem = {
    type: "about:blank",
    title: kind.replaceAll("_", " "),
    status,
    detail: message,
    kind,
    request_id: requestId,
  };
  return new Response(JSON.stringify(problem), {
    status,
    headers: { "content-type": "application/problem+json", "x-request-id": requestId },
  });
}
