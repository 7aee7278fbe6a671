import { z } from "zod";
import type { ManifestItem } from "../manifest.ts";
import type { Claim } from "../metrics/calibration.ts";
import { chordOverlap, type LabelledChord } from "../metrics/chord-overlap.ts";
import { defineScorer, type Skipped } from "../scorer.ts";

/** Overlap of chords by the major/minor rule. */
export const chordOverlapMajMin = defineScorer({
  metric: "chord_overlap",
  title: "Chord overlap, maj/min",
  agent: "tonal",
  reads: z.object({
    chords: z.array(
      z.object({
        start_seconds: z.number(),
        end_seconds: z.number(),
        label: z.string(),
        confidence: z.number().nullish(),
      }),
    ),
  }),
  truth: chordsOf,
  score(truth, { chords }) {
    const estimated = chords.map(({ start_seconds: start, end_seconds: end, label, confidence }) => ({
      start,
      end,
      label,
      confidence,
    }));
    const { overlap, comparableSeconds } = chordOverlap(truth, estimated);
    return comparableSeconds === 0
      ? { skipped: "no major, minor or N in the truth" }
      : { value: overlap, claims: claimsOf(truth, estimated) };
  },
});

/** A chord is right when it is for at least half of the time in which the truth can be compared; that time is its weight. */
function claimsOf(
  truth: readonly LabelledChord[],
  estimated: readonly (LabelledChord & { readonly confidence: number | null | undefined })[],
): Claim[] {
  return estimated.flatMap((chord): Claim[] => {
    const during = truth
      .filter(({ start, end }) => start < chord.end && end > chord.start)
      .map(({ start, end, label }) => ({ start: Math.max(start, chord.start), end: Math.min(end, chord.end), label }));
    if (chord.confidence == null || during.length === 0) return [];
    const { overlap, comparableSeconds } = chordOverlap(during, [chord]);
    if (comparableSeconds === 0) return [];
    return [{ confidence: chord.confidence, correct: overlap >= 0.5, weight: comparableSeconds }];
  });
}

function chordsOf({ chords }: ManifestItem): readonly LabelledChord[] | Skipped | null {
  if (chords == null) return null;
  return chords.length === 0 ? { skipped: "no chords in the truth" } : chords;
}
