import { z } from "zod";
import type { ManifestItem } from "../manifest.ts";
import { isTempoRight, isTempoRightUpToLevel } from "../metrics/tempo-accuracy.ts";
import { defineScorer, type Score } from "../scorer.ts";

const reads = z.object({ tempo_bpm: z.number().nullable(), confidence: z.number().nullish() });

/** Accuracy 1: `bpm` or one of `bpm_alternatives`, within 4 %. */
export const tempoAcc1 = defineScorer({
  metric: "tempo_acc1",
  title: "Tempo Acc1 (4 %, alternatives count)",
  agent: "rhythm",
  reads,
  truth: allTempi,
  score: (truth, { tempo_bpm, confidence }) => answer(truth, tempo_bpm, confidence),
});

/** Accuracy 1 against `bpm` alone; confidences claim less, so they are not judged by it. */
export const tempoAcc1Strict = defineScorer({
  metric: "tempo_acc1_strict",
  title: "Tempo Acc1 (4 %, bpm alone)",
  agent: "rhythm",
  reads,
  truth: ({ bpm }) => bpm ?? null,
  score: (truth, { tempo_bpm }) => ({ value: isTempoRight([truth], tempo_bpm) ? 1 : 0 }),
});

/** Accuracy 2: as accuracy 1, or double, triple, half, a third of it. */
export const tempoAcc2 = defineScorer({
  metric: "tempo_acc2",
  title: "Tempo Acc2 (or 2, 3, 1/2, 1/3 of it)",
  agent: "rhythm",
  reads,
  truth: allTempi,
  score: (truth, { tempo_bpm }) => ({ value: isTempoRightUpToLevel(truth, tempo_bpm) ? 1 : 0 }),
});

function allTempi({ bpm, bpm_alternatives }: ManifestItem): number[] | null {
  return bpm == null ? null : [bpm, ...(bpm_alternatives ?? [])];
}

function answer(truth: readonly number[], tempoBpm: number | null, confidence: number | null | undefined): Score {
  const correct = isTempoRight(truth, tempoBpm);
  const isClaim = tempoBpm !== null && confidence != null;
  return { value: correct ? 1 : 0, ...(isClaim ? { claims: [{ confidence, correct }] } : {}) };
}
