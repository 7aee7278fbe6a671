/** The contract of a scorer: one metric, from the truth of an item and the result of one agent to a number. */
import type { z } from "zod";
import type { ManifestItem } from "./manifest.ts";
import type { Claim } from "./metrics/calibration.ts";
import type { Detection } from "./metrics/event-matching.ts";

/** Why a metric has no value for a file. */
export interface Skipped {
  readonly skipped: string;
}

export interface Score {
  readonly value: number;
  /** Matches and totals, for precision and recall over all files. */
  readonly detection?: Detection;
  /** The confidences that the agent claimed and whether it was right, for calibration; none where it gave no answer. */
  readonly claims?: readonly Claim[];
}

export type Outcome = Score | Skipped;

/** Scores the result of the scorer's agent on one item. */
export type ScoreResult = (result: Readonly<Record<string, unknown>>) => Outcome;

export interface Scorer {
  /** snake_case, unique. */
  readonly metric: string;
  readonly title: string;
  /** The agent whose result is scored. */
  readonly agent: string;
  /** "" for shares in [0, 1], of which more is better; the unit of an error, of which less is better. */
  readonly unit: string;
  /** What scores a result on this item; null when the item says nothing about the metric. */
  plan(item: ManifestItem): ScoreResult | Skipped | null;
}

interface Definition<Truth, Fields extends z.ZodObject> extends Omit<Scorer, "plan" | "unit"> {
  readonly unit?: string;
  /** The fields of the agent's result that are needed; a result without them is not scored. */
  readonly reads: Fields;
  /** What is true of an item; null when it says nothing, skipped when what it says cannot be scored. */
  truth(item: ManifestItem): Truth | Skipped | null;
  score(truth: Truth, fields: z.output<Fields>): Outcome;
}

export const NOT_MEASURED: Skipped = { skipped: "not measured" };

/** Makes a scorer of its definition. */
export function defineScorer<Truth extends object | string | number | boolean, Fields extends z.ZodObject>(
  definition: Definition<Truth, Fields>,
): Scorer {
  const { metric, title, agent, unit = "", reads } = definition;
  return {
    metric,
    title,
    agent,
    unit,
    plan(item) {
      const truth = definition.truth(item);
      if (truth === null || isSkipped(truth)) return truth;
      return (result) => {
        const fields = reads.safeParse(result);
        return fields.success ? definition.score(truth, fields.data) : NOT_MEASURED;
      };
    },
  };
}

export function isSkipped(value: unknown): value is Skipped {
  return typeof value === "object" && value !== null && "skipped" in value;
}
