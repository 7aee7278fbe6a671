import { z } from "zod";
import type { ManifestItem } from "../manifest.ts";
import { onsetDetection } from "../metrics/onset-detection.ts";
import { defineScorer, type Skipped } from "../scorer.ts";

/** F-measure of onsets, 50 ms. Items with `doubts` are left out: their onsets are not exact enough. */
export const onsetF = defineScorer({
  metric: "onset_f",
  title: "Onset F (50 ms)",
  agent: "rhythm",
  reads: z.object({ onset_times_seconds: z.array(z.number()) }),
  truth: onsetsOf,
  score(truth, { onset_times_seconds }) {
    const detection = onsetDetection(truth, onset_times_seconds);
    return { value: detection.fMeasure, detection };
  },
});

function onsetsOf({ onsets, doubts }: ManifestItem): readonly number[] | Skipped | null {
  if (onsets == null) return null;
  if (doubts != null && doubts.length > 0) return { skipped: "the manifest has doubts" };
  return onsets.length === 0 ? { skipped: "no onsets in the truth" } : onsets;
}
