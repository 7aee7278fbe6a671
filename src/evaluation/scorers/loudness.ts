import { z } from "zod";
import type { ManifestItem } from "../manifest.ts";
import { isWithinTolerance, levelError, type Tolerance } from "../metrics/level-error.ts";
import { defineScorer, type Outcome, type Scorer } from "../scorer.ts";

/** EBU Tech 3341's tolerance, where the manifest names none. */
const DEFAULT_TOLERANCE = 0.1;

type Levels = NonNullable<ManifestItem["expected"]>;

/** Where the manifest and the result have each level. */
const LEVELS: readonly { expected: keyof Levels; field: string; title: string; unit: string }[] = [
  { expected: "integrated", field: "integrated_lufs", title: "Integrated loudness", unit: "LU" },
  { expected: "lra", field: "loudness_range_lu", title: "Loudness range", unit: "LU" },
  { expected: "true_peak", field: "true_peak_dbtp", title: "True peak", unit: "dB" },
  { expected: "momentary_max", field: "momentary_max_lufs", title: "Momentary maximum", unit: "LU" },
  { expected: "short_term_max", field: "short_term_max_lufs", title: "Short-term maximum", unit: "LU" },
];

/** For each level its error, and whether it is within the manifest's tolerance. */
export const loudnessScorers: readonly Scorer[] = LEVELS.flatMap(({ expected, field, title, unit }) => [
  levelScorer(`${expected}_error`, `${title}, error`, unit, expected, field, (truth, measured) => ({
    value: levelError(truth.level, measured),
  })),
  levelScorer(`${expected}_in_tolerance`, `${title}, within tolerance`, "", expected, field, (truth, measured) => ({
    value: isWithinTolerance(truth.level, measured, truth.tolerance) ? 1 : 0,
  })),
]);

interface Truth {
  readonly level: number;
  readonly tolerance: Tolerance;
}

function levelScorer(
  metric: string,
  title: string,
  unit: string,
  expected: keyof Levels,
  field: string,
  score: (truth: Truth, measured: number) => Outcome,
): Scorer {
  return defineScorer({
    metric,
    title,
    agent: "loudness",
    unit,
    reads: z.object({ [field]: z.number().nullable() }),
    truth(item) {
      const level = item.expected?.[expected];
      return level == null ? null : { level, tolerance: item.tolerance ?? DEFAULT_TOLERANCE };
    },
    score(truth, fields) {
      const measured = fields[field];
      if (measured !== null) return score(truth, measured);
      return unit === "" ? { value: 0 } : { skipped: "the result is null" };
    },
  });
}
