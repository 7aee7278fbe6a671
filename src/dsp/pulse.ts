/** Beats, bars and tempo from beat and downbeat activations. */
import { type TempoRange, trackBeats } from "./bar-pointer.ts";
import { type MeterCandidate, trackBars } from "./bar-tracking.ts";
import { frameAt, type MetricalLevel, metricalLevels } from "./metrical-levels.ts";
import { parabolicOffset } from "./peaks.ts";
import { isBetterThanChance } from "./pulse-advantage.ts";
import { mean, median } from "./statistics.ts";

/** Tempi that are looked for first: those that listeners tap. */
const TAPPED_TEMPI: TempoRange = { minBpm: 55, maxBpm: 215 };

/** Fewer beats make no tempo. */
const MIN_BEATS = 4;
/** Tempi of candidates, unless others are asked for. */
const CANDIDATE_TEMPI: TempoRange = { minBpm: 40, maxBpm: 240 };
/** Beats that are less clear may be chance: they must explain the activation better than a shuffled one. */
const CLEAR = 0.5;
/** Beats before the music begins and after it ends are weaker than this share of the root mean square of all. */
const SOUNDING_SHARE = 0.5;
/** Beats over which an interval is measured, so that the place of single beats matters little. */
const SPAN = 4;
/** The line through all beats gives the tempo where it agrees with the middle interval. */
const AGREEMENT = 0.01;

/** Chances of a beat and a downbeat, in [0, 1], and how much the spectrum changes (spectral-change.ts), `[frame]`. */
export interface BeatActivations {
  readonly beat: Float32Array;
  readonly downbeat: Float32Array;
  readonly change: Float32Array;
  readonly hopSeconds: number;
}

export interface Pulse {
  /** Seconds, ascending. */
  readonly beats: readonly number[];
  readonly downbeats: readonly number[];
  /** Likeliest first. */
  readonly meters: readonly MeterCandidate[];
  readonly tempoBpm: number;
  /** Likeliest first, of which the first is `tempoBpm`. */
  readonly tempi: readonly MetricalLevel[];
  /** Mean activation at the beats, in [0, 1]: how clearly they are heard. */
  readonly clarity: number;
}

/**
 * The pulse at a tempo within a range, by default one that listeners tap: beats (bar-pointer.ts) at the metrical level that
 * is preferred (metrical-levels.ts), and their bars (bar-tracking.ts). Null where fewer than four beats are found,
 * or where they are no better than chance, as in noise.
 */
export function findPulse(activations: BeatActivations, range: TempoRange | null = null): Pulse | null {
  const { beat, hopSeconds } = activations;
  const path = trackBeats(beat, 1 / hopSeconds, range ?? TAPPED_TEMPI).frames;
  const tracked = sounding(
    path.map((frame) => peakNear(beat, frame)),
    beat,
  );
  if (tracked.length < MIN_BEATS) return null;
  const trackBpm = tempoOf(timesOf(tracked, activations));
  const tempi = metricalLevels(activations, tracked, trackBpm, range ?? CANDIDATE_TEMPI);
  const frames = tempi[0].places.map((place) => peakNear(beat, frameAt(tracked, place)));
  if (frames.length < MIN_BEATS) return null;
  const beats = timesOf(frames, activations);
  const clarity = mean(frames.map((frame) => beat[frame]));
  if (clarity < CLEAR && !isBetterThanChance(beat, 1 / hopSeconds, range ?? TAPPED_TEMPI)) return null;
  const bars = trackBars(
    frames.map((frame) => downbeatChance(activations, frame)),
    frames.map((frame) => activations.change[frame]),
  );
  return {
    beats,
    downbeats: bars.downbeats.map((index) => beats[index]),
    meters: bars.meters,
    tempoBpm: tempoOf(beats),
    tempi,
    clarity,
  };
}

/** The times of beats, seconds, at the tops of their peaks. */
function timesOf(frames: readonly number[], { beat, hopSeconds }: BeatActivations): number[] {
  return frames.map((frame) => peakTime(beat, frame, hopSeconds));
}

/** The frame of the greatest activation among a frame and its neighbours. */
function peakNear(activation: Float32Array, frame: number): number {
  const [before, here, after] = [frame - 1, frame, frame + 1].map((index) => activation[index] ?? 0);
  if (before > here && before >= after) return frame - 1;
  return after > here ? frame + 1 : frame;
}

/** The time of a frame, seconds, moved to the top of the parabola through a peak. */
export function peakTime(activation: Float32Array, frame: number, hopSeconds: number): number {
  if (frame === 0 || frame === activation.length - 1) return frame * hopSeconds;
  const [left, middle, right] = activation.subarray(frame - 1, frame + 2);
  const offset = middle >= left && middle >= right ? parabolicOffset(left, middle, right) : 0;
  return (frame + offset) * hopSeconds;
}

/** Without the beats before the music starts and after it ends (Ellis, Journal of New Music Research 36(1), 2007). */
function sounding(frames: readonly number[], activation: Float32Array): number[] {
  const sumOfSquares = frames.reduce((sum, frame) => sum + activation[frame] ** 2, 0);
  const threshold = SOUNDING_SHARE * Math.sqrt(sumOfSquares / Math.max(1, frames.length));
  const first = frames.findIndex((frame) => activation[frame] > threshold);
  const last = frames.findLastIndex((frame) => activation[frame] > threshold);
  return first < 0 ? [] : frames.slice(first, last + 1);
}

/** The chance that a beat is a downbeat: the activations around it, one as a share of the other. */
function downbeatChance({ beat, downbeat }: BeatActivations, frame: number): number {
  const around = [frame - 1, frame, frame + 1];
  const greatest = (activation: Float32Array) => Math.max(...around.map((index) => activation[index] ?? 0));
  return greatest(downbeat) / Math.max(greatest(downbeat), greatest(beat), 1e-3);
}

/** The tempo of beats in seconds, BPM: the line through all of them where the tempo is steady, else the middle interval. */
function tempoOf(beats: readonly number[]): number {
  const line = slope(beats);
  if (beats.length <= 2 * SPAN) return 60 / line;
  const middle = median(beats.slice(SPAN).map((time, index) => (time - beats[index]) / SPAN));
  return 60 / (Math.abs(line / middle - 1) < AGREEMENT ? line : middle);
}

/** Seconds a beat: the least-squares line through the beat times, which no single misplaced beat moves much. */
function slope(times: readonly number[]): number {
  const meanIndex = (times.length - 1) / 2;
  const meanTime = mean(times);
  let products = 0;
  let squares = 0;
  for (let index = 0; index < times.length; index++) {
    products += (index - meanIndex) * (times[index] - meanTime);
    squares += (index - meanIndex) ** 2;
  }
  return products / squares;
}
