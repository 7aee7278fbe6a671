/** The key of a recording: candidates, the measured chance that the first is right, and what speaks against it. */

import { KEYS, keyCorrelations } from "../dsp/keys.ts";
import { indexOfGreatest } from "../dsp/viterbi.ts";
import type { Chromagram } from "./chromagram.ts";
import { keyText } from "./key-names.ts";

export interface KeyCandidate {
  readonly key: number;
  /** Mean correlation with the key's profiles, in [-1, 1]. */
  readonly score: number;
}

const CANDIDATES = 4;
const MIN_SECONDS = 3;
const SHORT_SECONDS = 12;
const CERTAIN = 0.7;
const CLOSE_SCORES = 0.05;
/**
 * Correlation plus half of what lies in tune beyond chance: nine drum tracks and loops, seven of eight recordings of
 * speech and noise stay below, the mixes and 85 pieces of music above, the least at 0.87.
 */
const MIN_TONALITY = 0.75;
/** Pitch classes at a fifth of the strongest; fewer are a drone or a bare interval, not a key. */
const MIN_PITCH_CLASSES = 3;
const PRESENT = 0.2;

/**
 * The chance that the first candidate is the key, by its score plus half its lead over the second. Measured on whole
 * recordings and excerpts of 15 and 25 s of 22 rendered pieces (97 in all): 38 of 39, 18 of 20, 9 of 19, 12 of 19 were
 * right; rounded down, since the method was chosen on the same pieces. Excerpts of 8 s (107) gave 0.77, 0.70, 0.48 and
 * 0.33: short recordings are read one row lower.
 */
const CHANCES: readonly { readonly from: number; readonly chance: number }[] = [
  { from: 0.965, chance: 0.92 },
  { from: 0.91, chance: 0.82 },
  { from: 0.8, chance: 0.55 },
  { from: Number.NEGATIVE_INFINITY, chance: 0.4 },
];

/** The keys likeliest first, at most four. */
export function keyCandidates(chroma: ArrayLike<number>): KeyCandidate[] {
  const scores = keyCorrelations(chroma);
  const candidates: KeyCandidate[] = [];
  while (candidates.length < Math.min(CANDIDATES, KEYS)) {
    const key = indexOfGreatest(scores);
    candidates.push({ key, score: scores[key] });
    scores[key] = Number.NEGATIVE_INFINITY;
  }
  return candidates;
}

/** Why the recording has no key, in words; null where it has one. */
export function whyNoKey(
  chromagram: Chromagram,
  candidates: readonly KeyCandidate[],
  durationSeconds: number,
): string | null {
  if (!chromagram.audible.includes(1)) return "Nothing sounds in the range of notes.";
  if (durationSeconds < MIN_SECONDS) {
    return `The recording lasts ${durationSeconds.toFixed(2)} s; a key needs at least ${MIN_SECONDS} s.`;
  }
  if (!isTonal(chromagram, candidates)) return "No notes stand out: this is drums, noise, speech or atonal.";
  const present = chromagram.mean.filter((value) => value >= PRESENT).length;
  if (present < MIN_PITCH_CLASSES) {
    return `Only ${present} of the 12 pitch classes sound; a key needs at least ${MIN_PITCH_CLASSES}.`;
  }
  return null;
}

/** Whether notes of a scale stand out of the recording; tuning and chords mean nothing where they do not. */
export function isTonal(chromagram: Chromagram, candidates: readonly KeyCandidate[]): boolean {
  return candidates[0].score + (chromagram.inTune - 1) / 2 >= MIN_TONALITY;
}

/** A chance in [0, 1], from the table above. */
export function keyConfidence(candidates: readonly KeyCandidate[], durationSeconds: number): number {
  const [first, second] = candidates;
  const evidence = first.score + (first.score - second.score) / 2;
  const row = CHANCES.findIndex(({ from }) => evidence >= from);
  const lowered = durationSeconds < SHORT_SECONDS ? Math.min(row + 1, CHANCES.length - 1) : row;
  return CHANCES[lowered].chance;
}

/** The reasons for a low confidence, in words; null for a confidence of 0.7 or more. */
export function whyUncertainKey(
  candidates: readonly KeyCandidate[],
  confidence: number,
  durationSeconds: number,
  keyChanges: number,
): string | null {
  if (confidence >= CERTAIN) return null;
  const [first, second] = candidates;
  const reasons: string[] = [];
  if (durationSeconds < SHORT_SECONDS) reasons.push(`The recording is short (${durationSeconds.toFixed(1)} s).`);
  if (keyChanges > 0) reasons.push("The key seems to change.");
  if (first.score - second.score < CLOSE_SCORES) {
    reasons.push(`${keyText(second.key)}${relation(first.key, second.key)} fits nearly as well.`);
  }
  return reasons.length === 0 ? "The notes fit no major or minor scale closely." : reasons.join(" ");
}

function relation(first: number, second: number): string {
  const interval = (second - first + 24) % 12;
  if (first < 12 !== second < 12) {
    if (interval === 0) return " (same tonic)";
    return interval === (first < 12 ? 9 : 3) ? " (the relative key)" : "";
  }
  return interval === 7 || interval === 5 ? " (a fifth away)" : "";
}
