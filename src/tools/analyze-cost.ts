/** Prices a call of a model, before or after it. */
import { z } from "zod";
import { defineTool, READ_ONLY } from "./tool.ts";

/** A refinement, because a minimum in each field of the schema costs tokens. */
const tokens = z.int().refine((count) => count >= 0, "must be 0 or more");

export const analyzeCost = defineTool({
  name: "analyze_cost",
  title: "Analyze cost",
  description: "Prices a model call: from what it used, or before it up to max_output_tokens.",
  toolset: "gateway",
  input: z.strictObject({
    model: z.string().max(200),
    input_tokens: tokens,
    output_tokens: tokens.optional(),
    max_output_tokens: tokens.optional(),
    cached_tokens: tokens.optional(),
    audio_tokens: tokens.optional(),
    audio_seconds: z
      .number()
      .refine((seconds) => seconds >= 0, "must be 0 or more")
      .optional(),
  }),
  output: z.object({
    cost_usd: z.number().nullable().describe("With output_tokens; null when the price is not known"),
    max_cost_usd: z.number().nullable().describe("With max_output_tokens, where they are given"),
    input_usd: z.number().nullable(),
    output_usd: z.number().nullable(),
    source: z.string().nullable().describe("Where the price is from"),
    why_null: z.string().nullable(),
  }),
  annotations: READ_ONLY,

  async run(input, { services }) {
    const { registry, priceUsage, usageOf } = await services.gateway();
    const model = registry.find(input.model);
    const usage = usageOf({
      inputTokens: input.input_tokens,
      cachedTokens: input.cached_tokens ?? 0,
      inputAudioTokens: input.audio_tokens ?? 0,
      audioSeconds: input.audio_seconds ?? 0,
      outputTokens: input.output_tokens ?? 0,
    });
    const now = new Date();
    const cost = priceUsage(model, usage, now);
    const outputTokens = Math.max(usage.outputTokens, input.max_output_tokens ?? 0);
    const value = {
      cost_usd: cost.usd,
      max_cost_usd: priceUsage(model, { ...usage, outputTokens }, now).usd,
      input_usd: cost.inputUsd,
      output_usd: cost.outputUsd,
      source: cost.source,
      why_null: cost.whyNull,
    };
    const text = cost.usd === null ? `Cost unknown: ${cost.whyNull}` : `$${cost.usd} for ${model.id}`;
    return { value, text };
  },
});
