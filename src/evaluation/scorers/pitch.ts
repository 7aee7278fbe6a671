import { z } from "zod";
import type { ManifestItem } from "../manifest.ts";
import { type PitchSeries, pitchAccuracy } from "../metrics/pitch-accuracy.ts";
import { defineScorer, type Outcome, type Skipped } from "../scorer.ts";

const reads = z.object({
  f0: z.object({
    hop_seconds: z.number().positive(),
    start_seconds: z.number().optional(),
    hz: z.array(z.number().nullable()),
  }),
});

type Fields = z.output<typeof reads>;

/** Raw pitch accuracy, 50 cents. */
export const rawPitch = defineScorer({
  metric: "raw_pitch",
  title: "Raw pitch accuracy (50 cents)",
  agent: "pitch",
  reads,
  truth: pitchOf,
  score: (truth, fields) => accuracy(truth, fields, "rawPitch"),
});

/** Raw chroma accuracy: octave errors forgiven. */
export const rawChroma = defineScorer({
  metric: "raw_chroma",
  title: "Raw chroma accuracy (50 cents)",
  agent: "pitch",
  reads,
  truth: pitchOf,
  score: (truth, fields) => accuracy(truth, fields, "rawChroma"),
});

function pitchOf({ f0 }: ManifestItem): PitchSeries | Skipped | null {
  if (f0 == null) return null;
  if (!f0.some(([, hz]) => hz > 0)) return { skipped: "nothing is voiced in the truth" };
  return { times: f0.map(([time]) => time), hz: f0.map(([, hz]) => hz) };
}

function accuracy(truth: PitchSeries, { f0 }: Fields, which: "rawPitch" | "rawChroma"): Outcome {
  const start = f0.start_seconds ?? 0;
  const times = f0.hz.map((_, frame) => start + frame * f0.hop_seconds);
  return { value: pitchAccuracy(truth, { times, hz: f0.hz.map((hz) => hz ?? 0) })[which] };
}
