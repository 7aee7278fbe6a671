/** The sections of a recording, and which of them repeat. */
import { z } from "zod";
import { defineAgent } from "./agent.ts";
import { chromagramOf } from "./chromagram.ts";
import { round, roundWithin } from "./rounding.ts";
import { cellDistances, findBoundaries, structureNovelty } from "./structure-boundaries.ts";
import { type Cells, downbeatBoundaries, structureCells } from "./structure-cells.ts";
import { type CellRange, labelSections } from "./structure-labels.ts";
import { sureBeats, sureDownbeats } from "./sure-beats.ts";
import { whyUnheard } from "./why-unheard.ts";

/** Shorter recordings have no sections to speak of. */
const MIN_SECONDS = 10;
/** Nothing below this counts as sound, dBFS. */
const SILENCE_DBFS = -90;
/** Chance that a boundary is right within 3 s, by the change of timbre and harmony at it: 460 boundaries in 82 songs. */
const CHANCES = [
  { fromChange: 0.7, chance: 0.85 },
  { fromChange: 0.2, chance: 0.72 },
  { fromChange: 0, chance: 0.5 },
] as const;
const CERTAIN = 0.7;
/** Where one section is all there is, nothing was found, which is right less often. */
const ALONE = 0.5;
/** Between two sections of one label a boundary counts from this change on: below, 44 % are right, and loops have many. */
const CHANGE_OF_SAME = 0.2;
/** Letters of `form`; further groups share the last. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * Sections by novelty and repetition (structure-boundaries.ts), labelled by likeness (structure-labels.ts), on beats where
 * they are sure, else on a grid of 0.5 s; from 12.5 minutes on the grid widens, so that three hours take no more memory: 30
 * MB. Silence and recordings under 10 s have no sections and the reason.
 */
export const structure = defineAgent({
  name: "structure",
  version: 1,
  description:
    "Divides music into sections where timbre, harmony or repetition change, and labels those that repeat alike (A, B, …). " +
    "Labels are letters: what is a verse or chorus is not known.",
  needs: ["signalLevel", "spectralShape", "mfcc", "pitchSpectrum", "beatTrack"],
  output: z.object({
    form: z.string().nullable().describe("Labels in order, such as ABABCB"),
    section_count: z.number().int().nonnegative(),
    confidence: z.number().min(0).max(1).describe("Mean over the boundaries"),
    why_uncertain: z.string().nullable(),
    sections: z
      .array(
        z.object({ start_seconds: z.number(), end_seconds: z.number(), label: z.string(), confidence: z.number() }),
      )
      .describe("confidence: measured chance that both ends are right within 3 s"),
  }),
  series: { sections: "segments" },

  analyse({ signalLevel, spectralShape, mfcc, pitchSpectrum, beatTrack }) {
    const durationSeconds = signalLevel.sampleCount / signalLevel.sampleRate;
    const isHeard = spectralShape.energyDbfs.some((dbfs) => dbfs > SILENCE_DBFS);
    const reason = isHeard ? whyTooShort(durationSeconds) : whyUnheard(signalLevel, SILENCE_DBFS);
    if (reason !== null) {
      return { form: null, section_count: 0, confidence: 0, why_uncertain: reason, sections: [] };
    }
    const beats = sureBeats(beatTrack, durationSeconds);
    const downbeats = sureDownbeats(beatTrack, durationSeconds);
    const cells = structureCells(mfcc, chromagramOf(pitchSpectrum), beats, durationSeconds);
    const distances = cellDistances(cells);
    const novelty = structureNovelty(cells, distances);
    const found = findBoundaries(novelty, cells.areBeats, downbeatBoundaries(cells, downbeats));
    const all = labelSections(rangesOf(found, cells.count), distances, cells.count).map(letter);
    const kept = found.map(
      (boundary, index) => all[index] !== all[index + 1] || novelty.change[boundary] >= CHANGE_OF_SAME,
    );
    const boundaries = found.filter((_, index) => kept[index]);
    const labels = all.filter((_, index) => index === 0 || kept[index - 1]);
    const ranges = rangesOf(boundaries, cells.count);
    const chances = boundaries.map((boundary) => chanceOf(novelty.change[boundary]));
    const confidence = chances.length === 0 ? ALONE : chances.reduce((sum, chance) => sum + chance, 0) / chances.length;
    return {
      form: labels.join(""),
      section_count: ranges.length,
      confidence: round(confidence, 2) ?? 0,
      why_uncertain: whyUncertain(confidence, cells, boundaries.length),
      sections: ranges.map(({ start, end }, index) => ({
        start_seconds: round(cells.edgesSeconds[start], 3) ?? 0,
        end_seconds: roundWithin(cells.edgesSeconds[end], 3, durationSeconds),
        label: labels[index],
        confidence: round((chances[index - 1] ?? 1) * (chances[index] ?? (index === 0 ? ALONE : 1)), 2) ?? 0,
      })),
    };
  },
});

function rangesOf(boundaries: readonly number[], count: number): CellRange[] {
  const edges = [0, ...boundaries, count];
  return edges.slice(1).map((end, index) => ({ start: edges[index], end }));
}

function whyTooShort(durationSeconds: number): string | null {
  if (durationSeconds >= MIN_SECONDS) return null;
  return `The recording lasts ${durationSeconds.toFixed(1)} s; sections need at least ${MIN_SECONDS} s.`;
}

function whyUncertain(confidence: number, { areBeats }: Cells, boundaries: number): string | null {
  if (boundaries === 0) return "Nothing changes enough to part the recording: it may be one section, or none at all.";
  if (confidence >= CERTAIN) return null;
  return `Timbre and harmony change little at some boundaries${areBeats ? "" : ", and no sure beats help to place them"}.`;
}

function chanceOf(change: number): number {
  return CHANCES.find((row) => change >= row.fromChange)?.chance ?? 0;
}

function letter(label: number): string {
  return LETTERS[Math.min(label, LETTERS.length - 1)];
}
