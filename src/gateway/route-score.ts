/** How good a model is for a request: parts from 0 to 1 that depend on the model alone, so that history can be scored again. */

/** What a score is made of, as it was when the decision was made. */
export interface ScoreInputs {
  /** What the call is expected to cost, US dollars; null when the price is not known. */
  readonly expected_usd: number | null;
  /** Weighted average of real calls; null before the first. */
  readonly first_token_ms: number | null;
  readonly total_ms: number | null;
  /** Weighted share of failed calls. */
  readonly failure_share: number;
  /** 1 to 5. */
  readonly quality: number;
  readonly fits_task: boolean;
  readonly is_local: boolean;
}

export const SCORE_PARTS = ["cost", "latency", "quality", "task", "health", "local"] as const;
type ScorePart = (typeof SCORE_PARTS)[number];
export type ScoreParts = Readonly<Record<ScorePart, number>>;
export type Weights = Readonly<Record<ScorePart, number>>;

export const DEFAULT_WEIGHTS: Weights = { cost: 1, latency: 1, quality: 1, task: 1, health: 1, local: 0 };

/** With local first, no other part can make up for being remote. */
export const LOCAL_FIRST_WEIGHT = 10;

/** A cost and a latency of these halve their part. */
const HALF_USD = 0.01;
const HALF_MS = 2000;

/** What is not known counts as half. */
const UNKNOWN = 0.5;

export function scoreParts(inputs: ScoreInputs): ScoreParts {
  const { expected_usd, first_token_ms, failure_share, quality, fits_task, is_local } = inputs;
  return {
    cost: expected_usd === null ? UNKNOWN : HALF_USD / (HALF_USD + expected_usd),
    latency: first_token_ms === null ? UNKNOWN : HALF_MS / (HALF_MS + first_token_ms),
    quality: (quality - 1) / 4,
    task: fits_task ? 1 : 0,
    health: 1 - failure_share,
    local: is_local ? 1 : 0,
  };
}

/** The weighted mean of the parts; 0 when all weights are 0. */
export function score(parts: ScoreParts, weights: Weights): number {
  const total = SCORE_PARTS.reduce((sum, part) => sum + weights[part], 0);
  return total === 0 ? 0 : SCORE_PARTS.reduce((sum, part) => sum + weights[part] * parts[part], 0) / total;
}
