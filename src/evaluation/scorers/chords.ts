import { z } from "zod";
import type { ManifestItem } from "../manifest.ts";
import { chordOverlap, type LabelledChord } from "../metrics/chord-overlap.ts";
import { defineScorer, type Skipped } from "../scorer.ts";

/** Overlap of chords by the major/minor rule. */
export const chordOverlapMajMin = defineScorer({
  metric: "chord_overlap",
  title: "Chord overlap, maj/min",
  agent: "tonal",
  reads: z.object({
    chords: z.array(z.object({ start_seconds: z.number(), end_seconds: z.number(), label: z.string() })),
  }),
  truth: chordsOf,
  score(truth, { chords }) {
    const estimated = chords.map(({ start_seconds: start, end_seconds: end, label }) => ({ start, end, label }));
    const { overlap, comparableSeconds } = chordOverlap(truth, estimated);
    return comparableSeconds === 0 ? { skipped: "no major, minor or N in the truth" } : { value: overlap };
  },
});

function chordsOf({ chords }: ManifestItem): readonly LabelledChord[] | Skipped | null {
  if (chords == null) return null;
  return chords.length === 0 ? { skipped: "no chords in the truth" } : chords;
}
