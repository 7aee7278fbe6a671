/** Counts the tokens of a chat for a model. */
import { z } from "zod";
import { CHAT_PART, parseChat } from "./chat-input.ts";
import { defineTool, READ_ONLY } from "./tool.ts";

export const analyzeTokens = defineTool({
  name: "analyze_tokens",
  title: "Analyze tokens",
  description: "Counts a chat's tokens for a model, tools and framing included, and says how exactly.",
  toolset: "gateway",
  input: z.strictObject({ model: z.string().max(200), messages: CHAT_PART, tools: z.array(z.unknown()).optional() }),
  output: z.object({
    total_tokens: z.number().int(),
    method: z.enum(["exact", "provider", "estimate"]),
    expected_error_percent: z.number(),
    why_inexact: z.string().nullable(),
    parts: z
      .object({
        system_tokens: z.number().int(),
        message_tokens: z.number().int(),
        tool_tokens: z.number().int(),
        framing_tokens: z.number().int(),
      })
      .nullable()
      .describe("Null when the provider counted: it tells only the total"),
    context_window_tokens: z.number().int(),
  }),
  annotations: { ...READ_ONLY, openWorldHint: true },

  async run({ model: id, messages, tools }, { services, signal }) {
    const payload = parseChat(messages, tools ?? []);
    const { registry, countTokens } = await services.gateway();
    const model = registry.find(id);
    const count = await countTokens(model, payload, { askProvider: true, signal });
    const value = {
      total_tokens: count.total,
      method: count.method,
      expected_error_percent: count.expectedErrorPercent,
      why_inexact: count.whyInexact,
      parts: count.parts && {
        system_tokens: count.parts.system,
        message_tokens: count.parts.messages,
        tool_tokens: count.parts.tools,
        framing_tokens: count.parts.framing,
      },
      context_window_tokens: model.contextWindowTokens,
    };
    const precision = count.method === "exact" ? "" : ` ± ${count.expectedErrorPercent} %`;
    return { value, text: `${count.total} tokens${precision} for ${id} (${count.method})` };
  },
});
