/** Scores past decisions again under other weights, and says what would have been different. */
import { z } from "zod";
import type { StoredRouteDecision } from "../storage/route-repository.ts";
import { DEFAULT_WEIGHTS, SCORE_PARTS, score, type Weights } from "./route-score.ts";

/** What a replay reads of a stored decision. */
const stored = z.object({
  request: z.object({ weights: z.partialRecord(z.enum(SCORE_PARTS), z.number()).default({}) }),
  candidates: z.array(
    z.object({
      model: z.string(),
      filtered: z.array(z.string()),
      parts: z.record(z.enum(SCORE_PARTS), z.number()),
      inputs: z.object({
        expected_usd: z.number().nullable(),
        first_token_ms: z.number().nullable(),
        failure_share: z.number(),
      }),
    }),
  ),
});

type RouteCandidate = z.output<typeof stored>["candidates"][number];

export interface ReplayedDecision {
  readonly id: string;
  readonly chosen: string;
  readonly would_choose: string;
}

export interface Replay {
  /** Decisions that chose a model. */
  readonly decisions: number;
  readonly changed: readonly ReplayedDecision[];
  /** Of the choices made and of those that would have been, summed over all decisions; null where a price is not known. */
  readonly expected_usd: Comparison;
  /** Mean until the first token, over decisions where both models have been measured; null without any. */
  readonly mean_first_token_ms: Comparison;
  /** Failures to expect, from the models' shares of failed calls. */
  readonly expected_failures: Comparison;
}

interface Comparison {
  readonly made: number | null;
  readonly replayed: number | null;
}

/**
 * Filters are as they were; only the order among those that passed is decided again, under each decision's own weights but
 * for those that are given.
 */
export function replayRoutes(decisions: readonly StoredRouteDecision[], weights: Partial<Weights>): Replay {
  const pairs = decisions.flatMap(({ id, chosen, ...decision }) => {
    const parsed = stored.safeParse(decision);
    // Another version of Hark may have written it in another form; then it does not count.
    if (!parsed.success) return [];
    const { request, candidates } = parsed.data;
    const eligible = candidates.filter(({ filtered }) => filtered.length === 0);
    const made = eligible.find(({ model }) => model === chosen);
    const replayed = bestOf(eligible, { ...DEFAULT_WEIGHTS, ...request.weights, ...weights });
    return made === undefined || replayed === null ? [] : [{ id, made, replayed }];
  });
  const measured = pairs.filter(({ made, replayed }) => latency(made) !== null && latency(replayed) !== null);
  return {
    decisions: pairs.length,
    changed: pairs
      .filter(({ made, replayed }) => made.model !== replayed.model)
      .map(({ id, made, replayed }) => ({ id, chosen: made.model, would_choose: replayed.model })),
    expected_usd: compare(pairs, (candidates) => sumKnown(candidates.map(({ inputs }) => inputs.expected_usd))),
    mean_first_token_ms: compare(measured, (candidates) => mean(candidates.map(latency))),
    expected_failures: compare(pairs, (candidates) => sumKnown(candidates.map(({ inputs }) => inputs.failure_share))),
  };
}

function bestOf(candidates: readonly RouteCandidate[], weights: Weights): RouteCandidate | null {
  const scored = candidates.map((candidate) => ({ candidate, value: score(candidate.parts, weights) }));
  scored.sort((a, b) => b.value - a.value || a.candidate.model.localeCompare(b.candidate.model));
  return scored[0]?.candidate ?? null;
}

function latency({ inputs }: RouteCandidate): number | null {
  return inputs.first_token_ms;
}

function compare(
  pairs: readonly { readonly made: RouteCandidate; readonly replayed: RouteCandidate }[],
  summarise: (candidates: readonly RouteCandidate[]) => number | null,
): Comparison {
  return { made: summarise(pairs.map(({ made }) => made)), replayed: summarise(pairs.map(({ replayed }) => replayed)) };
}

function sumKnown(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}

function mean(values: readonly (number | null)[]): number | null {
  const sum = sumKnown(values);
  return sum === null || values.length === 0 ? null : sum / values.length;
}
