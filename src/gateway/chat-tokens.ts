/**
 * The tokens of a chat as OpenAI frames it (OpenAI Cookbook, "How to count tokens with tiktoken", sections 6 and 7). What tools
 * cost beside their text was found by measuring the API (H. Marr, openai-chat-tokens, 2023).
 */
import type { ChatMessage, ChatPayload } from "./chat.ts";
import type { CountText } from "./encoder.ts";
import { toolSignatures } from "./tool-signatures.ts";

const MESSAGE_TOKENS = 3;
const TOOL_CALL_TOKENS = 3;
/** Every answer is primed with `<|start|>assistant<|message|>`. */
const ANSWER_TOKENS = 3;
const TOOLS_TOKENS = 9;
/** Tools and a system message share one message. */
const SHARED_SYSTEM_TOKENS = -4;

export interface ChatTokens {
  readonly system: number;
  /** Text, tool calls and tool results of all other messages. */
  readonly messages: number;
  readonly tools: number;
  /** Roles, separators and the beginning of the answer. */
  readonly framing: number;
}

/** Counts each part of a payload with one tokenizer. An empty payload has the framing of an answer. */
export function chatTokens({ messages, tools }: ChatPayload, count: CountText): ChatTokens {
  const hasTools = tools.length > 0;
  const firstSystem = messages.find((message) => message.role === "system");
  const parts = { system: 0, messages: 0, framing: ANSWER_TOKENS };
  for (const message of messages) {
    // Before tools, the system's text ends with a line break.
    const content = hasTools && message === firstSystem ? endedLine(message.content) : message.content;
    parts[message.role === "system" ? "system" : "messages"] += count(content) + callTokens(message, count);
    parts.framing += MESSAGE_TOKENS + count(message.role);
  }
  if (!hasTools) return { ...parts, tools: 0 };
  parts.framing += TOOLS_TOKENS + (firstSystem === undefined ? 0 : SHARED_SYSTEM_TOKENS);
  return { ...parts, tools: count(toolSignatures(tools)) };
}

function callTokens(message: ChatMessage, count: CountText): number {
  if (message.role !== "assistant") return 0;
  return (message.toolCalls ?? []).reduce(
    (sum, call) => sum + count(call.name) + count(call.arguments) + TOOL_CALL_TOKENS,
    0,
  );
}

function endedLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
