/** Chats of which the number of input tokens is known from OpenAI's API. */
import type { ChatMessage, ChatPayload, ChatTool } from "../../src/gateway/chat.ts";

export interface ReferencePayload extends ChatPayload {
  readonly name: string;
  /** As `usage.prompt_tokens` said. */
  readonly tokens: { readonly o200k_base: number; readonly cl100k_base: number };
}

const WEATHER_TOOL: ChatTool = {
  name: "get_current_weather",
  description: "Get the current weather in a given location",
  parameters: {
    type: "object",
    properties: {
      location: { type: "string", description: "The city and state, e.g. San Francisco, CA" },
      unit: {
        type: "string",
        description: "The unit of temperature to return",
        enum: ["celsius", "fahrenheit"],
      },
    },
    required: ["location"],
  },
};

const WEATHER_MESSAGES: readonly ChatMessage[] = [
  { role: "system", content: "You are a helpful assistant that can answer to questions about the weather." },
  { role: "user", content: "What's the weather like in San Francisco?" },
];

/** OpenAI Cookbook, "How to count tokens with tiktoken", section 7: what the API reported for gpt-4o and gpt-4. */
export const REFERENCE_PAYLOADS: readonly ReferencePayload[] = [
  {
    name: "a system message, a question and a tool with an enumeration",
    messages: WEATHER_MESSAGES,
    tools: [WEATHER_TOOL],
    tokens: { o200k_base: 101, cl100k_base: 105 },
  },
];
