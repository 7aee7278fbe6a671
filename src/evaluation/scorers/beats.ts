import { z } from "zod";
import { beatDetection, trimBeats } from "../metrics/beat-detection.ts";
import { defineScorer, type Score, type Skipped } from "../scorer.ts";

const times = z.array(z.number());

/** F-measure of beats, 70 ms, from five seconds on. */
export const beatF = defineScorer({
  metric: "beat_f",
  title: "Beat F (70 ms, from 5 s on)",
  agent: "rhythm",
  reads: z.object({ beat_times_seconds: times }),
  truth: ({ beats }) => pulse(beats),
  score: (truth, { beat_times_seconds }) => scorePulse(truth, beat_times_seconds),
});

/** F-measure of downbeats, by the same rule. */
export const downbeatF = defineScorer({
  metric: "downbeat_f",
  title: "Downbeat F (70 ms, from 5 s on)",
  agent: "rhythm",
  reads: z.object({ downbeat_times_seconds: times }),
  truth: ({ downbeats }) => pulse(downbeats),
  score: (truth, { downbeat_times_seconds }) => scorePulse(truth, downbeat_times_seconds),
});

function pulse(truth: readonly number[] | null | undefined): readonly number[] | Skipped | null {
  if (truth == null) return null;
  return trimBeats(truth).length === 0 ? { skipped: "the truth ends before 5 s" } : truth;
}

function scorePulse(truth: readonly number[], estimated: readonly number[]): Score {
  const detection = beatDetection(truth, estimated);
  return { value: detection.fMeasure, detection };
}
