import { z } from "zod";
import { type Detection, detection } from "../metrics/event-matching.ts";
import { type Interval, intervalDetection } from "../metrics/interval-detection.ts";
import { defineScorer, type Score } from "../scorer.ts";

/** For both ends of a silence, where the manifest names no single tolerance. */
const DEFAULT_TOLERANCE_SECONDS = 0.05;

const reads = z.object({
  findings: z.array(z.object({ kind: z.string(), start_seconds: z.number(), end_seconds: z.number() })),
});

type Finding = z.output<typeof reads>["findings"][number];

/** Silences found at the right places; a file that has none and of which none is claimed scores 1. */
export const silences = defineScorer({
  metric: "silence_f",
  title: "Silences F",
  agent: "quality",
  reads,
  truth({ silences: intervals, tolerance }) {
    if (intervals == null) return null;
    return { intervals, toleranceSeconds: typeof tolerance === "number" ? tolerance : DEFAULT_TOLERANCE_SECONDS };
  },
  score({ intervals, toleranceSeconds }, { findings }) {
    const found = findings.filter(({ kind }) => /silence/.test(kind)).map(placeOf);
    return scoreDefect(intervalDetection(intervals, found, toleranceSeconds));
  },
});

/** Whether clipping is found where there is some, and none where there is none. */
export const clipping = defineScorer({
  metric: "clipping",
  title: "Clipping right",
  agent: "quality",
  reads,
  truth: (item) => item.clipping ?? null,
  score(truth, { findings }) {
    const found = findings.some(({ kind }) => /clip/.test(kind));
    const counts = detection(truth && found ? 1 : 0, found ? 1 : 0, truth ? 1 : 0);
    return { value: found === truth ? 1 : 0, detection: counts };
  },
});

function placeOf({ start_seconds, end_seconds }: Finding): Interval {
  return [start_seconds, end_seconds];
}

function scoreDefect(found: Detection): Score {
  const isClean = found.referenced === 0 && found.estimated === 0;
  return { value: isClean ? 1 : found.fMeasure, detection: found };
}
