/** Chords along time, from a chromagram. */
import { correlation } from "../dsp/correlation.ts";
import { KEYS } from "../dsp/keys.ts";
import { bestPath } from "../dsp/viterbi.ts";
import type { Chromagram } from "./chromagram.ts";

/** 24 triads, C major to B major and C minor to B minor, and no chord. */
const NO_CHORD = 24;
const STATES = 25;
/** Share of the bass in a chord's score: the root is usually the lowest note. 0.3 to 0.6 gave the same, 0 less. */
const BASS_SHARE = 0.4;
/** What a triad of the key has ahead of others; 0.1 and 0.2 gave the same, 0 confused relative chords. */
const DIATONIC_BONUS = 0.1;
/** Below this score there is no chord: drums alone stay below, harmony in the same mix above. */
const NO_CHORD_SCORE = 0.4;
/** A change must be worth this much: three frames of a clear chord. 1 to 2 gave the same, 3 less. */
const CHANGE_COST = 1;
/** A boundary goes to a beat that is no further away, seconds: a frame and a bit. */
const SNAP_SECONDS = 0.2;

/**
 * The chance that a chord is right by its margin, weighted by duration: measured on eight rendered songs, clean and
 * with drums and noise 0, 6, 12 and 18 dB louder than the song: 0.95 of 1115 s, 0.81 of 320 s, 0.50 of 140 s, 0.31 of
 * 21 s.
 */
const CHANCES: readonly { readonly from: number; readonly chance: number }[] = [
  { from: 0.2, chance: 0.95 },
  { from: 0.1, chance: 0.8 },
  { from: 0.03, chance: 0.5 },
];
const LOWEST_CHANCE = 0.2;

/** A stretch of time with one chord: 0 to 11 are C major to B major, 12 to 23 C minor to B minor, 24 none. */
export interface ChordSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly chord: number;
  /**
   * How far the chord's mean score over the segment is ahead of the best other's; at least 0 but for rounding and
   * smoothing.
   */
  readonly margin: number;
}

/**
 * Consecutive chords that cover [0, durationSeconds), by correlation with triads, the bass on the root, a bonus for
 * triads of the key (0 to 23 as chords, null for none) and Viterbi smoothing; boundaries are moved to a beat within 0.2
 * s. No frames or no duration give none. Fujishima, "Realtime chord recognition of musical sound", ICMC, 1999; Müller,
 * "Fundamentals of Music Processing", 2nd edition, Springer, 2021, section 5.3; bass and key as in Mauch & Dixon,
 * "Simultaneous estimation of chords and musical context from audio", IEEE Trans. ASLP 18(6), 2010.
 */
export function findChords(
  chromagram: Chromagram,
  key: number | null,
  beatTimes: readonly number[],
  durationSeconds: number,
): ChordSegment[] {
  const scores = chordScores(chromagram, key);
  const path = bestPath(scores, STATES, CHANGE_COST);
  const segments: ChordSegment[] = [];
  let startSeconds = 0;
  for (let from = 0, t = 1; t <= path.length; t++) {
    if (t < path.length && path[t] === path[from]) continue;
    const boundary = t === path.length ? durationSeconds : snapped((t - 0.5) * chromagram.hopSeconds, beatTimes);
    const endSeconds = Math.min(boundary, durationSeconds);
    if (endSeconds > startSeconds) {
      segments.push({ startSeconds, endSeconds, chord: path[from], margin: marginOf(scores, path[from], from, t) });
      startSeconds = endSeconds;
    }
    from = t;
  }
  return segments;
}

/** A chance in [0, 1] that a segment's chord is right, from its margin. */
export function chordConfidence(margin: number): number {
  return CHANCES.find(({ from }) => margin >= from)?.chance ?? LOWEST_CHANCE;
}

function chordScores({ frames, harmony, bass, audible }: Chromagram, key: number | null): Float64Array {
  const triads = Array.from({ length: KEYS }, (_, chord) => triad(chord));
  const bonus = triads.map((_, chord) => (key !== null && isDiatonic(chord, key) ? DIATONIC_BONUS : 0));
  const scores = new Float64Array(frames * STATES);
  for (let t = 0; t < frames; t++) {
    scores[t * STATES + NO_CHORD] = NO_CHORD_SCORE;
    if (audible[t] === 0) continue;
    const frame = harmony.subarray(12 * t, 12 * t + 12);
    const low = bass.subarray(12 * t, 12 * t + 12);
    const bassScale = BASS_SHARE / (Math.hypot(...low) || 1);
    for (let chord = 0; chord < KEYS; chord++) {
      scores[t * STATES + chord] = correlation(frame, triads[chord]) + bassScale * low[chord % 12] + bonus[chord];
    }
  }
  return scores;
}

function triad(chord: number): number[] {
  const root = chord % 12;
  const tones = [root, (root + (chord < 12 ? 4 : 3)) % 12, (root + 7) % 12];
  return Array.from({ length: 12 }, (_, pitchClass) => (tones.includes(pitchClass) ? 1 : 0));
}

/** The triads of the major scale, and of the natural minor scale with the major dominant. */
function isDiatonic(chord: number, key: number): boolean {
  const degree = (chord - key + 24) % 12;
  const degrees = key < 12 ? { major: [0, 5, 7], minor: [2, 4, 9] } : { major: [3, 7, 8, 10], minor: [0, 5, 7] };
  return (chord < 12 ? degrees.major : degrees.minor).includes(degree);
}

function snapped(seconds: number, beatTimes: readonly number[]): number {
  let nearest = seconds;
  let distance = SNAP_SECONDS;
  for (const beat of beatTimes) {
    if (Math.abs(beat - seconds) >= distance) continue;
    nearest = beat;
    distance = Math.abs(beat - seconds);
  }
  return nearest;
}

function marginOf(scores: Float64Array, chord: number, from: number, to: number): number {
  const sums = new Float64Array(STATES);
  for (let t = from; t < to; t++)
    for (let state = 0; state < STATES; state++) sums[state] += scores[t * STATES + state];
  let rival = Number.NEGATIVE_INFINITY;
  for (let state = 0; state < STATES; state++) if (state !== chord) rival = Math.max(rival, sums[state]);
  return (sums[chord] - rival) / (to - from);
}
