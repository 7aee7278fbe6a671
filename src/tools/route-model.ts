/** Chooses a model for a request, and says why. */
import { z } from "zod";
import { TASKS } from "../gateway/model.ts";
import { CAPABILITIES, EXPECTED_OUTPUT_TOKENS } from "../gateway/route-request.ts";
import { defineTool, READ_ONLY } from "./tool.ts";

const MOST_CANDIDATES = 12;
const DEFAULT_OUTPUT_TOKENS = 1000;

export const routeModel = defineTool({
  name: "route_model",
  title: "Route model",
  description: "Picks a language model by capability, budget, cost, latency and quality, and says why.",
  toolset: "gateway",
  input: z.strictObject({
    task: z.enum(TASKS).optional(),
    input_tokens: z.int().refine((count) => count >= 0, "must be 0 or more"),
    max_output_tokens: z
      .int()
      .refine((count) => count > 0, "must be 1 or more")
      .optional(),
    needs: z.array(z.enum(CAPABILITIES)).optional(),
    local: z.enum(["only", "first"]).optional(),
    max_cost_usd: z.number().optional(),
  }),
  output: z.object({
    route_id: z.string().describe("hark://routes/{id} has the whole decision"),
    model: z.string(),
    max_cost_usd: z.number().nullable(),
    candidates: z.array(
      z.object({
        model: z.string(),
        score: z.number(),
        expected_usd: z.number().nullable(),
        first_token_ms: z.number().nullable(),
      }),
    ),
    filtered: z.array(z.object({ model: z.string(), reasons: z.array(z.string()) })),
  }),
  annotations: { ...READ_ONLY, openWorldHint: true },

  async run(input, { services }) {
    const { route, caller } = await services.gateway();
    const high = input.max_output_tokens ?? DEFAULT_OUTPUT_TOKENS;
    const { id, candidates, chain, quotes } = await route({
      ...caller,
      task: input.task ?? "question",
      inputTokens: input.input_tokens,
      outputTokens: { low: Math.min(EXPECTED_OUTPUT_TOKENS, high), high },
      needs: input.needs ?? [],
      localOnly: input.local === "only",
      localFirst: input.local === "first",
      model: null,
      maxCostUsd: input.max_cost_usd ?? null,
      weights: {},
    });
    const eligible = candidates.filter(({ filtered }) => filtered.length === 0);
    const model = chain[0]?.id ?? "";
    const value = {
      route_id: id,
      model,
      max_cost_usd: quotes.get(model)?.usd?.high ?? null,
      candidates: eligible.slice(0, MOST_CANDIDATES).map((candidate) => ({
        model: candidate.model,
        score: Number(candidate.score.toFixed(4)),
        expected_usd: candidate.inputs.expected_usd,
        first_token_ms: candidate.inputs.first_token_ms,
      })),
      filtered: candidates
        .filter(({ filtered }) => filtered.length > 0)
        .slice(0, MOST_CANDIDATES)
        .map((candidate) => ({ model: candidate.model, reasons: [...candidate.filtered] })),
    };
    const others = eligible.slice(1, 3).map((candidate) => candidate.model);
    return { value, text: `${model}${others.length === 0 ? "" : `, else ${others.join(", ")}`}` };
  },
});
