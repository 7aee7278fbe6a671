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
  }),
  truth: (item) => item.meter ?? null,
  score: (truth, fields) => ({ value: fields.meter === truth ? 1 : 0 }),
});
