import { z } from "zod";
import type { ManifestItem } from "../manifest.ts";
import { type Key, keyScore, parseKey } from "../metrics/key-score.ts";
import { defineScorer, type Skipped } from "../scorer.ts";

const reads = z.object({
  key: z.object({ tonic: z.string(), mode: z.string() }).nullable(),
  confidence: z.number().nullish(),
});

/** Whether tonic and mode are right. */
export const keyExact = defineScorer({
  metric: "key_exact",
  title: "Key exact",
  agent: "tonal",
  reads,
  truth: keyOf,
  score(truth, { key, confidence }) {
    const correct = keyScore(truth, estimatedKey(key)) === 1;
    const isClaim = key !== null && confidence != null;
    return { value: correct ? 1 : 0, ...(isClaim ? { claims: [{ confidence, correct }] } : {}) };
  },
});

/** MIREX weighted score. */
export const keyWeighted = defineScorer({
  metric: "key_weighted",
  title: "Key, MIREX weighted",
  agent: "tonal",
  reads,
  truth: keyOf,
  score: (truth, { key }) => ({ value: keyScore(truth, estimatedKey(key)) }),
});

/** A key in words ("in F, mostly Blues") or another mode is true, but has no score. */
function keyOf({ key }: ManifestItem): Key | Skipped | null {
  if (key == null) return null;
  return parseKey(key) ?? { skipped: "the truth is not of the form `A minor`" };
}

function estimatedKey(key: z.output<typeof reads>["key"]): Key | null {
  return key === null ? null : parseKey(`${key.tonic} ${key.mode}`);
}
