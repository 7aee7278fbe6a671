/** Endpoints at which providers count tokens themselves, of the same payload in their own form. They cost nothing. */
import { z } from "zod";
import type { ChatMessage, ChatPayload } from "./chat.ts";
import type { Model } from "./model.ts";

const TIMEOUT_MS = 10_000;

/** Gives the number of input tokens. @throws Error when the endpoint does not answer with one. */
type CountAtProvider = (model: Model, payload: ChatPayload, key: string, signal: AbortSignal) => Promise<number>;

export const COUNT_ENDPOINTS: Readonly<Record<"anthropic" | "gemini", CountAtProvider>> = {
  /** POST /v1/messages/count_tokens. */
  async anthropic({ name, provider }, payload, key, signal) {
    const headers = { "x-api-key": key, "anthropic-version": "2023-06-01" };
    const answer = await post(
      `${provider.baseUrl}/messages/count_tokens`,
      headers,
      anthropicBody(name, payload),
      signal,
    );
    return z.object({ input_tokens: z.int() }).parse(answer).input_tokens;
  },

  /** POST /v1beta/models/{model}:countTokens, beside the OpenAI-compatible endpoints. */
  async gemini({ name, provider }, payload, key, signal) {
    const root = provider.baseUrl.replace(/\/openai$/, "");
    const body = { generateContentRequest: { model: `models/${name}`, ...geminiBody(payload) } };
    const answer = await post(`${root}/models/${name}:countTokens`, { "x-goog-api-key": key }, body, signal);
    return z.object({ totalTokens: z.int() }).parse(answer).totalTokens;
  },
};

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (!response.ok) throw new Error(`the count endpoint answered ${response.status}`);
  return response.json();
}

function anthropicBody(model: string, { messages, tools }: ChatPayload): unknown {
  const system = systemText(messages);
  return {
    model,
    ...(system === "" ? {} : { system }),
    messages: messages.filter(({ role }) => role !== "system").map(anthropicMessage),
    ...(tools.length === 0
      ? {}
      : { tools: tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })) }),
  };
}

function anthropicMessage(message: ChatMessage): unknown {
  if (message.role === "tool") {
    const { content, toolCallId } = message;
    return { role: "user", content: [{ type: "tool_result", tool_use_id: toolCallId, content }] };
  }
  if (message.role !== "assistant" || (message.toolCalls ?? []).length === 0) {
    return { role: message.role, content: message.content };
  }
  const text = message.content === "" ? [] : [{ type: "text", text: message.content }];
  const calls = (message.toolCalls ?? []).map((call) => ({
    type: "tool_use",
    id: call.id,
    name: call.name,
    input: parsedArguments(call.arguments),
  }));
  return { role: "assistant", content: [...text, ...calls] };
}

function geminiBody({ messages, tools }: ChatPayload): Record<string, unknown> {
  const system = systemText(messages);
  return {
    ...(system === "" ? {} : { systemInstruction: { parts: [{ text: system }] } }),
    contents: messages.filter(({ role }) => role !== "system").map(geminiContent),
    ...(tools.length === 0
      ? {}
      : {
          tools: [
            {
              functionDeclarations: tools.map(({ name, description, parameters }) => ({
                name,
                description,
                parametersJsonSchema: parameters,
              })),
            },
          ],
        }),
  };
}

function geminiContent(message: ChatMessage): unknown {
  if (message.role === "tool") {
    const functionResponse = { name: message.toolCallId, response: { result: message.content } };
    return { role: "user", parts: [{ functionResponse }] };
  }
  const text = message.content === "" ? [] : [{ text: message.content }];
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  const functionCalls = calls.map((call) => ({
    functionCall: { name: call.name, args: parsedArguments(call.arguments) },
  }));
  return { role: message.role === "assistant" ? "model" : "user", parts: [...text, ...functionCalls] };
}

function systemText(messages: readonly ChatMessage[]): string {
  return messages
    .filter(({ role }) => role === "system")
    .map(({ content }) => content)
    .join("\n\n");
}

/** A model may have written arguments that are not JSON; they still count. */
function parsedArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}
