/** The key of a recording: candidates, the measured chance that the first is right, and what speaks against it. */

import { KEYS, keyCorrelations } from "../dsp/keys.ts";
import { indexOfGreatest } from "../dsp/viterbi.ts";
import type { Chromagram } from "./chromagram.ts";
import { keyFitOfChords } from "./key-from-chords.ts";
import { keyText } from "./key-names.ts";

export interface KeyCandidate {
  readonly key: number;
  /** Mean correlation with the key's profiles, at most 1, less what the chords speak against it. */
  readonly score: number;
}

const CANDIDATES = 4;
const MIN_SECONDS = 3;
const SHORT_SECONDS = 12;
const CERTAIN = 0.7;
const CLOSE_SCORES = 0.05;
/** Weight of the chords' log-likelihood beside the correlation; 0.1 to 0.4 gave the same. */
const CHORD_WEIGHT = 0.15;
/**
 * Correlation plus twice what lies in tune beyond chance: 20 drum tracks, loops and pieces of percussion, and 16 utterances
 * of 4 s or more stay below 0.87; of 171 pieces with notes three do, which drums bury.
 */
const MIN_TONALITY = 0.9;
const IN_TUNE_WEIGHT = 2;
/** Pitch classes at a fifth of the strongest; fewer are a drone or a bare interval, not a key. */
const MIN_PITCH_CLASSES = 3;
const PRESENT = 0.2;

/** What a recording under 12 s has less: excerpts of 8 s were right as often as longer ones with this much less evidence. */
const SHORT_PENALTY = 0.08;

/**
 * The keys likeliest first, at most four, by correlation of the mean chroma and by the chords: `chordSeconds` is how long each
 * of the 24 triads sounds (chords.ts).
 */
export function keyCandidates(chroma: ArrayLike<number>, chordSeconds: ArrayLike<number>): KeyCandidate[] {
  const fits = keyFitOfChords(chordSeconds);
  const scores = keyCorrelations(chroma).map((score, key) => score + CHORD_WEIGHT * fits[key]);
  const candidates: KeyCandidate[] = [];
  while (candidates.length < Math.min(CANDIDATES, KEYS)) {
    const key = indexOfGreatest(scores);
    candidates.push({ key, score: scores[key] });
    scores[key] = Number.NEGATIVE_INFINITY;
  }
  return candidates;
}

/** Why the recording has no key, in words; null where it has one. */
export function whyNoKey(chromagram: Chromagram, durationSeconds: number): string | null {
  if (!chromagram.audible.includes(1)) return "Nothing sounds in the range of notes.";
  if (durationSeconds < MIN_SECONDS) {
    return `The recording lasts ${durationSeconds.toFixed(2)} s; a key needs at least ${MIN_SECONDS} s.`;
  }
  if (!isTonal(chromagram)) return "No notes stand out: this is drums, noise, speech or atonal.";
  const present = chromagram.mean.filter((value) => value >= PRESENT).length;
  if (present < MIN_PITCH_CLASSES) {
    return `Only ${present} of the 12 pitch classes sound; a key needs at least ${MIN_PITCH_CLASSES}.`;
  }
  return null;
}

/** Whether notes of a scale stand out of the recording; tuning and chords mean nothing where they do not. */
export function isTonal({ mean, inTune }: Chromagram): boolean {
  return Math.max(...keyCorrelations(mean)) + IN_TUNE_WEIGHT * (inTune - 1) >= MIN_TONALITY;
}

/**
 * What speaks for the first candidate: its score plus half its lead over the second, less where the recording is short. The
 * table `key` says what it is worth.
 */
export function keyEvidence([first, second]: readonly KeyCandidate[], durationSeconds: number): number {
  return first.score + (first.score - second.score) / 2 - (durationSeconds < SHORT_SECONDS ? SHORT_PENALTY : 0);
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
