import { z } from "zod";
import { defineScorer } from "../scorer.ts";

/** Whether the beats in a bar are counted right. */
export const meter = defineScorer({
  metric: "meter",
  title: "Meter right",
  agent: "rhythm",
  reads: z.object({
    meter: z
      .union([z.number(), z.object({ beats_per_bar: z.number() }).transform((bar) => bar.beats_per_bar)])
      .nullable(),
    meter_confidence: z.number().nullish(),
  }),
  truth: (item) => item.meter ?? null,
  score(truth, { meter: beatsPerBar, meter_confidence: confidence }) {
    const correct = beatsPerBar === truth;
    const isClaim = beatsPerBar !== null && confidence != null;
    return { value: correct ? 1 : 0, ...(isClaim ? { claims: [{ confidence, correct }] } : {}) };
  },
});
