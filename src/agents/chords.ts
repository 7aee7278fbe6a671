/** Chords along time, from a chromagram. */
import { KEYS } from "../dsp/keys.ts";
import { bestPath } from "../dsp/viterbi.ts";
import type { Chromagram } from "./chromagram.ts";

/** 24 triads, C major to B major and C minor to B minor, and no chord. */
const NO_CHORD = 24;
const STATES = 25;
/** Share of the bass in a chord's score: the root is usually the lowest note. 0.1 to 0.2 gave the same, 0.4 and more less. */
const BASS_SHARE = 0.2;
/** A seventh counts this much beside the triad's notes, and must fit this much better; other chords are triads alone. */
const SEVENTH = 0.6;
const SEVENTH_COST = 0.02;
/** What a triad of the key has ahead of others; 0.1 and 0.2 gave the same, 0 confused relative chords. */
const DIATONIC_BONUS = 0.1;
/** Below this score there is no chord: drums alone stay below, harmony in the same mix above. */
const NO_CHORD_SCORE = 0.4;
/** A change must be worth this much: three frames of a clear chord. 1 to 2 gave the same, 3 less. */
const CHANGE_COST = 1;
/** A boundary goes to a beat that is no further away, seconds: a frame and a bit. */
const SNAP_SECONDS = 0.2;

/** A stretch of time with one chord: 0 to 11 are C major to B major, 12 to 23 C minor to B minor, 24 none. */
export interface ChordSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly chord: number;
  /**
   * Evidence for the chord: how far its mean score over the segment is ahead of the best other's; at least 0 but for
   * rounding and smoothing. The table `chord` says what it is worth.
   */
  readonly margin: number;
}

/**
 * Consecutive chords that cover [0, durationSeconds), by correlation with triads and their sevenths, the bass on the root, a bonus for
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

/** How long each of the 24 triads sounds, seconds, with no key in mind. */
export function chordSeconds(chromagram: Chromagram): Float64Array {
  const seconds = new Float64Array(KEYS);
  for (const chord of bestPath(chordScores(chromagram, null), STATES, CHANGE_COST)) {
    if (chord !== NO_CHORD) seconds[chord] += chromagram.hopSeconds;
  }
  return seconds;
}

function chordScores({ frames, compressed, bass, audible }: Chromagram, key: number | null): Float64Array {
  const templates = Array.from({ length: KEYS }, (_, chord) => chordTemplates(chord));
  const bonus = templates.map((_, chord) => (key !== null && isDiatonic(chord, key) ? DIATONIC_BONUS : 0));
  const scores = new Float64Array(frames * STATES);
  for (let t = 0; t < frames; t++) {
    scores[t * STATES + NO_CHORD] = NO_CHORD_SCORE;
    if (audible[t] === 0) continue;
    const frame = standardised(compressed.subarray(12 * t, 12 * t + 12));
    const low = bass.subarray(12 * t, 12 * t + 12);
    const bassScale = BASS_SHARE / (Math.hypot(...low) || 1);
    for (let chord = 0; chord < KEYS; chord++) {
      const [triad, ...sevenths] = templates[chord];
      let fit = dot(frame, triad);
      for (const seventh of sevenths) fit = Math.max(fit, dot(frame, seventh) - SEVENTH_COST);
      scores[t * STATES + chord] = fit + bassScale * low[chord % 12] + bonus[chord];
    }
  }
  return scores;
}

/** The triad, and with its sevenths: minor and major on a major triad, minor on a minor triad. */
function chordTemplates(chord: number): Float64Array[] {
  const root = chord % 12;
  const tones = [root, (root + (chord < 12 ? 4 : 3)) % 12, (root + 7) % 12];
  const triad = Float64Array.from({ length: 12 }, (_, pitchClass) => (tones.includes(pitchClass) ? 1 : 0));
  const sevenths = (chord < 12 ? [10, 11] : [10]).map((interval) => triad.with((root + interval) % 12, SEVENTH));
  return [triad, ...sevenths].map(standardised);
}

/** Without its mean, and of length 1: the dot product of two is Pearson's correlation. A constant gives zeros. */
function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  const length = Math.hypot(...centred);
  return length > 1e-12 * mean ? centred.map((value) => value / length) : centred.fill(0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index] * b[index];
  return sum;
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
