/**
 * A chat from the choice of a model to the ledger: routes, pays, streams, tries again or falls back. Once a word has been given
 * out nothing is tried again: the caller would hear it twice.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type AppError, toAppError } from "../errors.ts";
import type { BudgetLimits } from "../storage/ledger-repository.ts";
import type { Storage } from "../storage/storage.ts";
import type { ChatPayload, ChatToolCall } from "./chat.ts";
import { type AttemptOptions, type AttemptResult, chatAttempt } from "./chat-attempt.ts";
import { chatTokens } from "./chat-tokens.ts";
import { loadEncoder } from "./encoder.ts";
import { LlmError } from "./llm-error.ts";
import type { Model } from "./model.ts";
import type { Route, RouteDecision } from "./model-router.ts";
import type { PriceUsage } from "./prices.ts";
import type { ReadKey } from "./provider-keys.ts";
import { EXPECTED_OUTPUT_TOKENS, type RouteRequest } from "./route-request.ts";

const TRIES_OF_A_MODEL = 3;

export interface ChatRequest extends Omit<RouteRequest, "inputTokens" | "outputTokens" | "needs"> {
  readonly payload: ChatPayload;
  readonly maxOutputTokens: number;
  /** The tool on whose behalf it is asked, for the totals. */
  readonly tool: string | null;
  readonly signal: AbortSignal;
}

export type ChatEvent =
  /** The model that is asked next. After a failure before the first word another one may follow. */
  | { readonly type: "model"; readonly model: string; readonly routeId: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_calls"; readonly calls: readonly ChatToolCall[] }
  /** Always the last. */
  | ChatEnd;

export interface ChatEnd extends AttemptResult {
  readonly type: "done";
  readonly model: string;
  readonly routeId: string;
  /** How many calls were made, those that failed too. */
  readonly tries: number;
}

export interface ChatServiceOptions {
  readonly route: Route;
  readonly readKey: ReadKey;
  readonly priceUsage: PriceUsage;
  readonly budgets: BudgetLimits;
  readonly storage: () => Promise<Storage>;
  /** Longest silence of a server. */
  readonly silenceMs: number;
  /** The first wait before another try, doubled each time; a server that asks for more than the longest is given up. */
  readonly backoffMs: { readonly first: number; readonly longest: number };
}

/**
 * Answers as a stream. Leaving it early closes the connection and settles what was received.
 * @throws AppError over_budget before any money is spent; the error of the last try when every model failed; cancelled.
 */
export type Chat = (request: ChatRequest) => AsyncGenerator<ChatEvent, void, undefined>;

interface Failure {
  readonly model: string;
  readonly kind: string;
}

export function chatService(options: ChatServiceOptions): Chat {
  return async function* chat(request) {
    const decision = await options.route(await routeRequest(request));
    const storage = await options.storage();
    const routeId = decision.id;
    const failures: Failure[] = [];
    const queue = decision.chain.map((model) => ({ model, turn: 1 }));
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { model, turn } = next;
      let hasSpoken = false;
      yield { type: "model", model: model.id, routeId };
      try {
        const attempt = await attemptOptions(options, storage, request, decision, model);
        const result = yield* chatAttempt(attempt, () => {
          hasSpoken = true;
        });
        const end: ChatEnd = { type: "done", model: model.id, routeId, ...result, tries: failures.length + 1 };
        await Promise.all([
          storage.modelHealth.recordSuccess(model.id, result.firstTokenMs, result.totalMs),
          storage.routes.setOutcome(routeId, outcomeOf(end, failures)),
        ]);
        yield end;
        return;
      } catch (error) {
        const failure = toAppError(error);
        failures.push({ model: model.id, kind: failure.kind });
        if (isModelsFault(failure)) await storage.modelHealth.recordFailure(model.id);
        const mayGoOn = !hasSpoken && failure.kind !== "cancelled";
        const waitMs = mayGoOn ? waitBeforeNextTry(failure, turn, options.backoffMs) : null;
        if (waitMs !== null) {
          await pause(waitMs, request.signal);
          queue.unshift({ model, turn: turn + 1 });
        } else if (!mayGoOn || queue.length === 0) {
          await storage.routes.setOutcome(routeId, { failures });
          throw failure;
        }
      }
    }
  };
}

async function routeRequest({ payload, maxOutputTokens, ...request }: ChatRequest): Promise<RouteRequest> {
  const { system, messages, tools, framing } = chatTokens(payload, await loadEncoder("o200k_base"));
  const { task, localOnly, localFirst, model, maxCostUsd, weights, owner, keyId, sessionId } = request;
  return {
    task,
    localOnly,
    localFirst,
    model,
    maxCostUsd,
    weights,
    owner,
    keyId,
    sessionId,
    inputTokens: system + messages + tools + framing,
    outputTokens: { low: Math.min(EXPECTED_OUTPUT_TOKENS, maxOutputTokens), high: maxOutputTokens },
    needs: payload.tools.length > 0 ? ["tools", "streaming"] : ["streaming"],
  };
}

async function attemptOptions(
  { readKey, silenceMs, budgets, priceUsage }: ChatServiceOptions,
  storage: Storage,
  request: ChatRequest,
  { id: routeId, quotes }: RouteDecision,
  model: Model,
): Promise<AttemptOptions> {
  const quote = quotes.get(model.id);
  if (quote === undefined) throw new Error(`${model.id} was chosen without a quote`);
  const { payload, maxOutputTokens, signal, owner, keyId, sessionId, tool } = request;
  const { keyVariable } = model.provider;
  const key = keyVariable === null ? null : await readKey(keyVariable);
  return {
    model,
    payload,
    maxOutputTokens,
    quote,
    key,
    signal,
    silenceMs,
    owner,
    keyId,
    sessionId,
    tool,
    routeId,
    budgets,
    storage,
    priceUsage,
  };
}

/** Whether the model or its server is to blame, so that its health suffers. */
function isModelsFault(failure: AppError): boolean {
  return failure instanceof LlmError && !failure.isRequestsFault;
}

/** Null when another try of the same model makes no sense, or would take too long. */
function waitBeforeNextTry(failure: AppError, turn: number, backoffMs: ChatServiceOptions["backoffMs"]): number | null {
  if (!(failure instanceof LlmError) || !failure.isRetryable || turn >= TRIES_OF_A_MODEL) return null;
  // Spread, so that parallel calls do not come back together.
  const waitMs = failure.retryAfterMs ?? backoffMs.first * 2 ** (turn - 1) * (0.5 + Math.random());
  return waitMs > backoffMs.longest ? null : waitMs;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
    throw toAppError(error);
  });
}

function outcomeOf({ model, cost, usage, firstTokenMs, totalMs }: ChatEnd, failures: readonly Failure[]) {
  return { model, cost_usd: cost.usd, usage, first_token_ms: firstTokenMs, total_ms: totalMs, failures };
}
