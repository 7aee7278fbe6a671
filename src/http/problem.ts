/** Errors as HTTP says them: problem+json, RFC 9457. */
import type { Hono } from "hono";
import { AppError, type ErrorKind } from "../errors.ts";
import { currentRequestId, newRequestId } from "../telemetry/log.ts";
import type { HttpEnv } from "./http-env.ts";

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

interface HttpErrorOptions extends ErrorOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error for which HTTP has a more exact status than its kind's, or headers that belong to it. */
export class HttpError extends AppError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, kind: ErrorKind, message: string, options: HttpErrorOptions = {}) {
    super(kind, message, options);
    this.name = "HttpError";
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

/** The response for an error. */
export function problemResponse(error: AppError): Response {
  const { kind, message } = error;
  const status = error instanceof HttpError ? error.status : STATUS[kind];
  const problem = {
    type: "about:blank",
    title: kind.replaceAll("_", " "),
    status,
    detail: message,
    kind,
    request_id: requestId(),
  };
  const own = error instanceof HttpError ? error.headers : {};
  const headers = { ...own, "content-type": "application/problem+json", "x-request-id": problem.request_id };
  return new Response(JSON.stringify(problem), { status, headers });
}

/** Answers every other method at a path with 405. Comes after the handlers of those that there are. */
export function allowOnly(app: Hono<HttpEnv>, path: string, methods: string): void {
  app.all(path, () =>
    problemResponse(
      new HttpError(405, "invalid_input", `Only ${methods} is answered here.`, { headers: { allow: methods } }),
    ),
  );
}

/** Of the request that runs. */
export function requestId(): string {
  return currentRequestId() ?? newRequestId();
}
