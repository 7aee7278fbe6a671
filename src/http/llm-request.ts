/** Chats with language models as applications send and receive them. */
import { z } from "zod";
import { AppError, ERROR_KINDS } from "../errors.ts";
import type { ChatEnd, ChatEvent, ChatRequest } from "../gateway/chat-service.ts";
import { TASKS } from "../gateway/model.ts";
import { CHAT_PART, parseChat } from "../tools/chat-input.ts";
import type { Services } from "../tools/tool.ts";

const DEFAULT_OUTPUT_TOKENS = 1000;

export const LLM_REQUEST = z.strictObject({
  messages: CHAT_PART,
  tools: CHAT_PART.optional(),
  task: z.enum(TASKS).default("chat"),
  model: z.string().max(200).nullish().describe("To choose it yourself; else the router does"),
  max_output_tokens: z.int().min(1).max(1_000_000).default(DEFAULT_OUTPUT_TOKENS),
  max_cost_usd: z.number().nonnegative().nullish(),
  local_only: z.boolean().default(false),
  session_id: z.string().max(100).nullish().describe("Whose budget counts besides"),
});

const TOOL_CALLS = z.array(
  z.object({
    id: z.string(),
    type: z.literal("function"),
    function: z.object({ name: z.string(), arguments: z.string().describe("JSON as the model wrote it, unchecked") }),
  }),
);

const END = {
  model: z.string(),
  route_id: z.string().describe("hark://routes/{id} has the decision"),
  finish_reason: z.string(),
  usage: z.object({
    input_tokens: z.number(),
    cached_tokens: z.number(),
    output_tokens: z.number(),
    reasoning_tokens: z.number(),
    reported: z.boolean().describe("false: counted by Hark"),
  }),
  cost: z.object({ usd: z.number().nullable(), why_null: z.string().nullable() }),
  tries: z.number().int().describe("Calls that were made, failed ones too"),
};

export const LLM_ANSWER = z.object({ ...END, text: z.string(), tool_calls: TOOL_CALLS });

/** Of a model more is told than is promised here. */
export const LLM_MODELS = z.object({
  models: z.array(z.looseObject({ id: z.string(), available: z.boolean(), why_unavailable: z.string().nullable() })),
});

const LLM_EVENT = z.discriminatedUnion("type", [
  z.object({ type: z.literal("model"), model: z.string(), route_id: z.string() }),
  z.object({ type: z.literal("token"), text: z.string() }),
  z.object({ type: z.literal("tool_calls"), tool_calls: TOOL_CALLS }),
  z.object({ type: z.literal("done"), ...END }),
  z.object({ type: z.literal("error"), kind: z.enum(ERROR_KINDS), message: z.string() }),
]);

export type LlmEvent = z.output<typeof LLM_EVENT>;

/** @throws AppError invalid_input for messages or tools that do not fit. */
export function chatRequest(
  input: z.output<typeof LLM_REQUEST>,
  { caller }: Services,
  signal: AbortSignal,
): ChatRequest {
  if (input.messages.length === 0) throw new AppError("invalid_input", "messages is empty. Send at least one.");
  return {
    payload: parseChat(input.messages, input.tools ?? []),
    task: input.task,
    maxOutputTokens: input.max_output_tokens,
    localOnly: input.local_only,
    localFirst: false,
    model: input.model ?? null,
    maxCostUsd: input.max_cost_usd ?? null,
    weights: {},
    owner: caller.owner,
    keyId: caller.keyId,
    sessionId: input.session_id ?? null,
    tool: null,
    signal,
  };
}

export function llmEvent(event: ChatEvent): LlmEvent {
  if (event.type === "model") return { type: "model", model: event.model, route_id: event.routeId };
  if (event.type === "text") return { type: "token", text: event.text };
  if (event.type === "tool_calls") return { type: "tool_calls", tool_calls: toolCalls(event) };
  return { type: "done", ...endOf(event) };
}

/** The whole answer of a chat. @throws whatever the chat throws. */
export async function collectAnswer(events: AsyncIterable<ChatEvent>): Promise<z.output<typeof LLM_ANSWER>> {
  const text: string[] = [];
  let calls: z.output<typeof TOOL_CALLS> = [];
  for await (const event of events) {
    if (event.type === "text") text.push(event.text);
    else if (event.type === "tool_calls") calls = toolCalls(event);
    else if (event.type === "done") return { ...endOf(event), text: text.join(""), tool_calls: calls };
  }
  throw new AppError("internal", "The answer ended without an end. Ask again.");
}

function toolCalls({ calls }: Extract<ChatEvent, { type: "tool_calls" }>): z.output<typeof TOOL_CALLS> {
  return calls.map(({ id, ...call }) => ({ id, type: "function", function: call }));
}

function endOf({ model, routeId, reason, usage, isReported, cost, tries }: ChatEnd) {
  return {
    model,
    route_id: routeId,
    finish_reason: reason,
    usage: {
      input_tokens: usage.inputTokens,
      cached_tokens: usage.cachedTokens,
      output_tokens: usage.outputTokens,
      reasoning_tokens: usage.reasoningTokens,
      reported: isReported,
    },
    cost: { usd: cost.usd, why_null: cost.whyNull },
    tries,
  };
}
