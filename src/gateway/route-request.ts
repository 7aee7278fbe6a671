/** What a model is to be chosen for. */
import type { Task } from "./model.ts";
import type { Range } from "./quote.ts";
import type { Weights } from "./route-score.ts";

export const CAPABILITIES = ["tools", "streaming", "audio"] as const;

/** What an answer is expected to take where nothing is known of it. */
export const EXPECTED_OUTPUT_TOKENS = 500;

export interface RouteRequest {
  readonly task: Task;
  /** As o200k_base counts them; each model's own number is derived from it. */
  readonly inputTokens: number;
  /** `low` is what is expected, `high` the most. */
  readonly outputTokens: Range;
  readonly needs: readonly (typeof CAPABILITIES)[number][];
  readonly localOnly: boolean;
  readonly localFirst: boolean;
  /** The one model to use; null to choose. */
  readonly model: string | null;
  readonly maxCostUsd: number | null;
  readonly weights: Partial<Weights>;
  /** Whose decision it is, and whose budgets count. */
  readonly owner: string;
  readonly keyId: string;
  readonly sessionId: string | null;
}
