/** Chats as tools take them: messages and tools in the form of OpenAI's chat completions. */
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { ChatMessage, ChatPayload, ChatTool } from "../gateway/chat.ts";

/** More than any context holds, and little enough to be counted in seconds. */
const MOST_CHARACTERS = 8_000_000;

/** All that the list of tools says of them: the rest is known to whoever writes chats. */
export const CHAT_PART = z.array(z.unknown()).describe("As in OpenAI chat completions");

const textParts = z.array(z.object({ type: z.literal("text"), text: z.string() }));
const content = z
  .union([z.string(), z.null(), textParts], "expected text; images and audio cannot be counted")
  .default(null)
  .transform((value) => (typeof value === "object" ? (value ?? []).map(({ text }) => text).join("") : value));

const message = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "developer", "user"]), content }),
  z.object({
    role: z.literal("assistant"),
    content,
    tool_calls: z
      .array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
      .nullish(),
  }),
  z.object({ role: z.literal("tool"), content, tool_call_id: z.string() }),
]);

const tool = z.object({
  type: z.literal("function"),
  function: z.object({
    name: z.string(),
    description: z.string().default(""),
    parameters: z.record(z.string(), z.unknown()).default({}),
  }),
});

/** @throws AppError invalid_input that names the message or tool that does not fit. */
export function parseChat(messages: unknown, tools: unknown): ChatPayload {
  const parsed = z.object({ messages: z.array(message), tools: z.array(tool) }).safeParse({ messages, tools });
  if (!parsed.success) {
    const problems = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    const expected = "Give messages and tools as OpenAI's chat completions take them.";
    throw new AppError("invalid_input", `The chat cannot be read. ${problems.join("; ")}. ${expected}`);
  }
  if (JSON.stringify(parsed.data).length > MOST_CHARACTERS) {
    throw new AppError("invalid_input", `A chat may have at most ${MOST_CHARACTERS} characters. Count it in parts.`);
  }
  return { messages: parsed.data.messages.map(chatMessage), tools: parsed.data.tools.map(chatTool) };
}

function chatMessage(parsed: z.output<typeof message>): ChatMessage {
  if (parsed.role === "tool") return { role: "tool", content: parsed.content, toolCallId: parsed.tool_call_id };
  if (parsed.role === "assistant") {
    const toolCalls = (parsed.tool_calls ?? []).map(({ id, function: call }) => ({ id, ...call }));
    return { role: "assistant", content: parsed.content, toolCalls };
  }
  return { role: parsed.role === "user" ? "user" : "system", content: parsed.content };
}

function chatTool({ function: definition }: z.output<typeof tool>): ChatTool {
  return definition;
}
