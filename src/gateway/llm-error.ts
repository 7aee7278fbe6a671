/** What can go wrong with a language model, as errors that say what to do. Upstream text stays in the cause. */
import type { APIError } from "openai";
import { AppError, type ErrorKind } from "../errors.ts";
import type { Model } from "./model.ts";

interface LlmErrorOptions extends ErrorOptions {
  readonly isRetryable?: boolean;
  readonly retryAfterMs?: number | null;
  readonly isRequestsFault?: boolean;
}

/** A failed call of a language model. */
export class LlmError extends AppError {
  /** Whether the same call may succeed a little later. */
  readonly isRetryable: boolean;
  /** How long the server asked to wait; null where it did not. */
  readonly retryAfterMs: number | null;
  /** Whether the request is to blame, so that neither the model's health nor another try matters. */
  readonly isRequestsFault: boolean;

  constructor(kind: ErrorKind, message: string, options: LlmErrorOptions = {}) {
    super(kind, message, options);
    this.name = "LlmError";
    this.isRetryable = options.isRetryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.isRequestsFault = options.isRequestsFault ?? false;
  }
}

/** For a model whose key is not there. */
export function missingKey({ id, provider }: Model): LlmError {
  const message = `${id} needs a key. Set ${provider.keyVariable} in the environment or in ~/.config/hark/.env, or choose another model.`;
  return new LlmError("unavailable", message, { isRequestsFault: true });
}

/** For a stream that ended, or stood still, before the answer was whole. */
export function brokenStream({ id }: Model, cause: unknown): LlmError {
  const message = `The answer of ${id} broke off. What came is incomplete; ask again, or choose another model.`;
  return new LlmError("upstream", message, { cause, isRetryable: true });
}

/** For a server that sends nothing for too long. */
export function silentServer({ id }: Model, seconds: number, cause: unknown): LlmError {
  const message = `${id} sent nothing for ${seconds} s. Try again later, or choose another model.`;
  return new LlmError("upstream", message, { cause, isRetryable: true });
}

/** For a server that cannot be reached. */
export function unreachable({ id, provider }: Model, cause: unknown): LlmError {
  const remedy = provider.isLocal
    ? `Start ${provider.name}, or set its base_url in models.yaml.`
    : "Check the network, or its base_url in models.yaml.";
  const message = `The server of ${id} cannot be reached. ${remedy}`;
  return new LlmError("unavailable", message, { cause, isRetryable: !provider.isLocal });
}

/** For an error that the server answered with. */
export function answeredError(model: Model, error: APIError): LlmError {
  const { id, provider, name } = model;
  const { status, code } = error;
  const make = (kind: ErrorKind, message: string, options: LlmErrorOptions = {}) =>
    new LlmError(kind, message, { ...options, cause: error });
  const text = error.message.toLowerCase();
  if (status === 401 || status === 403) {
    const key = provider.keyVariable ?? "the key";
    return make("unauthorised", `${provider.name} refused ${key}. Check the key and what it may use.`);
  }
  if (status === 404) {
    const load = provider.isLocal ? ` Load "${name}" there first.` : "";
    return make("not_found", `${provider.name} has no model "${name}".${load} Correct models.yaml or choose another.`);
  }
  if (status === 402 || code === "insufficient_quota" || text.includes("insufficient_quota")) {
    return make(
      "unavailable",
      `The account at ${provider.name} has no credit left. Add credit, or choose another model.`,
    );
  }
  if (status === 429) {
    const retryAfterMs = retryAfter(error.headers);
    const wait = retryAfterMs === null ? "a little" : `${Math.ceil(retryAfterMs / 1000)} s`;
    const message = `${provider.name} allows no more requests at the moment. Wait ${wait}, or choose another model.`;
    return make("rate_limited", message, { isRetryable: true, retryAfterMs });
  }
  if (status === 413 || /context.?length|context.?window|too long|too many tokens/.test(text)) {
    const message = `The chat is too long for ${id}. Shorten it, or choose a model with a larger context.`;
    return make("invalid_input", message, { isRequestsFault: true });
  }
  if (status !== undefined && status < 500 && /tool|function/.test(text) && /support/.test(text)) {
    const message = `${id} cannot call tools. Choose a model that can, and set tools: false for this one in models.yaml.`;
    return make("unavailable", message);
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) {
    const message = `${provider.name} did not take the request for ${id}. The log holds what it said.`;
    return make("upstream", message, { isRequestsFault: true });
  }
  const message = `${provider.name} failed to answer for ${id}. Try again later, or choose another model.`;
  return make("upstream", message, { isRetryable: true, retryAfterMs: retryAfter(error.headers) });
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), `retry-after-ms` before it; null without either. */
function retryAfter(headers: Headers | undefined): number | null {
  const milliseconds = Number(headers?.get("retry-after-ms") ?? Number.NaN);
  if (milliseconds >= 0) return milliseconds;
  const text = headers?.get("retry-after");
  if (text === null || text === undefined || text === "") return null;
  if (Number(text) >= 0) return Number(text) * 1000;
  const until = Date.parse(text) - Date.now();
  return Number.isNaN(until) ? null : Math.max(0, until);
}
