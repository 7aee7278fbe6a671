/** One call of a model within a question: its text as it comes, its tool calls, what it took. */
import { AppError, type ErrorKind, toAppError } from "../errors.ts";
import type { GatewayCaller } from "../gateway/budget-state.ts";
import type { ChatMessage, ChatTool, ChatToolCall } from "../gateway/chat.ts";
import type { Chat, ChatEnd } from "../gateway/chat-service.ts";
import type { LogExecution } from "./conversation.ts";
import type { QuestionEvent } from "./event.ts";
import type { Spending } from "./spending.ts";

/** Longest answer of one call, reasoning included. More is reserved from budgets and does not fit small local models. */
const MOST_OUTPUT_TOKENS = 3000;

/** The name under which questions are counted in the ledger. */
const LEDGER_NAME = "ask_track";

/** After these another model may do better. */
const FALLBACK_KINDS: readonly ErrorKind[] = [
  "upstream",
  "unavailable",
  "rate_limited",
  "unauthorised",
  "not_found",
  "invalid_input",
];

export interface ChatTurnOptions {
  readonly chat: Chat;
  readonly caller: GatewayCaller;
  readonly sessionId: string | null;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
  /** The model that the user wants; null to choose. */
  readonly model: string | null;
  /** The model of the turns before. It goes on unless it fails: another one would have to read everything anew. */
  readonly lastModel: string | null;
  readonly spending: Spending;
  readonly signal: AbortSignal;
  readonly logExecution: LogExecution;
  /** What stands before the first word. */
  readonly separator: string;
  /** Gets the calls of tools before the call of the model is booked, so that they need not wait for it. */
  readonly onCalls: (calls: readonly ChatToolCall[]) => void;
}

export interface ChatTurn {
  readonly text: string;
  readonly calls: readonly ChatToolCall[];
  readonly end: ChatEnd;
}

/** Streams the turn's text as tokens. @throws AppError of the call. */
export async function* chatTurn(options: ChatTurnOptions): AsyncGenerator<QuestionEvent, ChatTurn, undefined> {
  const { model, lastModel } = options;
  const attempt = { hasBegun: false };
  try {
    return yield* callModel(options, model ?? lastModel, attempt);
  } catch (error) {
    const { kind } = toAppError(error);
    const mayChange = model === null && lastModel !== null && !attempt.hasBegun;
    if (!mayChange || !FALLBACK_KINDS.includes(kind)) throw error;
    try {
      return yield* callModel(options, null, attempt);
    } catch (second) {
      // Where there is no other model, what happened to the first one says more.
      throw attempt.hasBegun ? second : error;
    }
  }
}

async function* callModel(
  options: ChatTurnOptions,
  model: string | null,
  attempt: { hasBegun: boolean },
): AsyncGenerator<QuestionEvent, ChatTurn, undefined> {
  const { spending, separator } = options;
  const log = executionLog(options.logExecution);
  let text = "";
  let calls: readonly ChatToolCall[] = [];
  try {
    for await (const event of options.chat(chatRequest(options, model))) {
      if (event.type === "model") {
        log.begin(event.model);
        continue;
      }
      if (event.type === "done") {
        spending.add(event);
        log.end(event);
        return { text, calls, end: event };
      }
      attempt.hasBegun = true;
      if (event.type === "tool_calls") {
        calls = event.calls;
        options.onCalls(calls);
      } else {
        yield { type: "token", text: text === "" ? separator + event.text : event.text };
        text += event.text;
      }
    }
    throw new Error("a chat has ended without its end");
  } catch (error) {
    if (attempt.hasBegun) spending.addBrokenCall();
    const failure = spending.explain(toAppError(error));
    log.fail(failure);
    throw failure;
  }
}

function chatRequest(options: ChatTurnOptions, model: string | null): Parameters<Chat>[0] {
  const { caller, sessionId, messages, tools, spending, signal } = options;
  return {
    payload: { messages, tools },
    task: "question",
    maxOutputTokens: MOST_OUTPUT_TOKENS,
    localOnly: false,
    localFirst: false,
    model,
    maxCostUsd: spending.leftUsd(),
    weights: {},
    ...caller,
    sessionId,
    tool: LEDGER_NAME,
    signal,
  };
}

/** @throws AppError upstream for an answer that its model did not end by itself, or that is empty. */
export function requireWhole({ text, end }: ChatTurn): void {
  const { model, reason } = end;
  if (reason === "length") {
    const message = `The answer of ${model} reached ${MOST_OUTPUT_TOKENS} tokens and is incomplete. Ask a narrower question, or choose another model.`;
    throw new AppError("upstream", message);
  }
  if (reason === "content_filter") {
    throw new AppError(
      "upstream",
      `The provider of ${model} withheld the answer. Ask otherwise, or choose another model.`,
    );
  }
  if (text.trim() === "") {
    throw new AppError("upstream", `${model} gave an empty answer. Ask again, or choose another model.`);
  }
}

/** Logs each model that is tried, from the time that it is asked. */
function executionLog(logExecution: LogExecution) {
  let running: { readonly name: string; readonly startedAt: Date; readonly began: number } | null = null;
  const finish = (success: boolean, errorKind: ErrorKind | null, end: ChatEnd | null) => {
    if (running === null) return;
    const { name, startedAt, began } = running;
    running = null;
    logExecution({
      kind: "model",
      name,
      startedAt,
      durationMs: end?.totalMs ?? performance.now() - began,
      success,
      errorKind,
      inputTokens: end?.usage.inputTokens ?? null,
      outputTokens: end?.usage.outputTokens ?? null,
      costUsd: end?.cost.usd ?? null,
    });
  };
  return {
    begin(name: string) {
      // The one before has failed before its first word; why is in the stored decision.
      finish(false, "upstream", null);
      running = { name, startedAt: new Date(), began: performance.now() };
    },
    end: (end: ChatEnd) => finish(true, null, end),
    fail: ({ kind }: AppError) => finish(false, kind, null),
  };
}
