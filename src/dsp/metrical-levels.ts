/** Which metrical level and phase of a beat track a listener would tap: the beats themselves, every other, twice as many … */

import { mean, percentile, standardDeviation } from "./statistics.ts";

/** Ways to count: the tempo over that of the track, and the places of the track, in beats, that a count may begin on. */
const LEVELS: readonly { readonly ratio: number; readonly starts: readonly number[] }[] = [
  { ratio: 1, starts: [0, 1 / 2] },
  { ratio: 1 / 2, starts: [0, 1] },
  { ratio: 2, starts: [0] },
  { ratio: 1 / 3, starts: [0, 1, 2] },
  { ratio: 3, starts: [0] },
  { ratio: 2 / 3, starts: [0, 1 / 2, 1] },
  { ratio: 3 / 2, starts: [0, 1 / 3] },
];
/** Bars whose downbeats are looked for. */
const BARS = [3, 4];
const MAX_LOG_ODDS = 4;
/** Another level is no way to count where this share of its beats, in percent, has log odds at or below these: nothing is there. */
const MISSING_PERCENT = 30;
const NOTHING = -2.5;
/** The least spread of changes of the spectrum that says anything. */
const MIN_CHANGE_SPREAD = 0.1;

export interface LevelModel {
  /** What the mean log odds of a beat at the beats of a level count, and those of a downbeat at its likeliest downbeats. */
  readonly beatWeight: number;
  readonly downbeatWeight: number;
  /** What the mean change of the spectrum at the bars where it is greatest counts, in standard deviations. */
  readonly changeWeight: number;
  /** What it costs when every other beat is weaker, by the difference of their mean log odds: the others are beats, and these between them. */
  readonly alternationCost: number;
  /** What speaks for the track as it is: it was preferred to all other tempi before. */
  readonly trackBonus: number;
  /** The tempi that listeners prefer: a log-normal distribution, its middle in BPM and its width in octaves. */
  readonly preferredBpm: number;
  readonly widthOctaves: number;
}

/** Fitted on the validation part of the network's training music (training/README.md). */
const LEVEL_MODEL: LevelModel = {
  beatWeight: 1,
  downbeatWeight: 0.5,
  changeWeight: 2,
  alternationCost: 0.55,
  trackBonus: 1.1,
  preferredBpm: 130,
  widthOctaves: 0.45,
};

export interface MetricalLevel {
  readonly bpm: number;
  /** Chance of this level among all; they sum to 1. */
  readonly weight: number;
  /** Its beats, as places in the track: 1.5 is half-way between the second and the third beat. */
  readonly places: readonly number[];
}

/** `[frame]` */
interface Heard {
  readonly beat: Float32Array;
  readonly downbeat: Float32Array;
  /** How much the spectrum changes (spectral-change.ts). */
  readonly change: Float32Array;
}

interface Count {
  readonly ratio: number;
  readonly bpm: number;
  readonly places: readonly number[];
  readonly score: number;
}

/**
 * The tempi at which the beats of a track may be counted, likeliest first: those within the range whose beats are heard (the track's own always), by
 * the log odds of beats and downbeats where they would fall, by the bars at which the spectrum changes, by whether every other beat is weaker,
 * and by the preference of listeners for moderate tempi (McKinney & Moelants,
 * "Ambiguity in tempo perception: what draws listeners to different metrical levels?", Music Perception 24(2), 2006). `frames` are the track's beats, at
 * least two; `tempoBpm` is their tempo.
 */
export function metricalLevels(
  activations: Heard,
  frames: readonly number[],
  tempoBpm: number,
  range: { readonly minBpm: number; readonly maxBpm: number },
  model: LevelModel = LEVEL_MODEL,
): MetricalLevel[] {
  const usualChange = mean(activations.change);
  const changeSpread = Math.max(MIN_CHANGE_SPREAD, standardDeviation(activations.change));
  const changeScale = model.changeWeight / changeSpread;
  const counts = LEVELS.flatMap(({ ratio, starts }) => {
    const bpm = ratio * tempoBpm;
    if (ratio !== 1 && (bpm < range.minBpm || bpm > range.maxBpm)) return [];
    const octaves = Math.log2(bpm / model.preferredBpm) / model.widthOctaves;
    return starts.flatMap((start): Count[] => {
      const places = placesFrom(start, 1 / ratio, frames.length);
      const { beat, downbeat, change, alternation, isSounding } = levelFeatures(activations, frames, places);
      if (ratio !== 1 && !isSounding) return [];
      const bonus = ratio === 1 && start === 0 ? model.trackBonus : 0;
      const heard = model.beatWeight * beat + model.downbeatWeight * downbeat + changeScale * (change - usualChange);
      const score = heard - model.alternationCost * alternation + bonus - octaves ** 2 / 2;
      return [{ ratio, bpm, places, score }];
    });
  });
  const greatest = Math.max(...counts.map(({ score }) => score));
  const sum = counts.reduce((total, { score }) => total + Math.exp(score - greatest), 0);
  return LEVELS.flatMap((level): MetricalLevel[] => {
    const same = counts.filter(({ ratio }) => ratio === level.ratio);
    if (same.length === 0) return [];
    const { bpm, places } = same.reduce((best, count) => (count.score > best.score ? count : best));
    return [{ bpm, places, weight: same.reduce((total, { score }) => total + Math.exp(score - greatest) / sum, 0) }];
  }).sort((a, b) => b.weight - a.weight);
}

/** The frame of a place in a track of beats, rounded. */
export function frameAt(frames: readonly number[], place: number): number {
  const beat = Math.min(Math.floor(place), frames.length - 2);
  return Math.round(frames[beat] + (place - beat) * (frames[beat + 1] - frames[beat]));
}

function placesFrom(start: number, step: number, beats: number): number[] {
  const count = Math.floor((beats - 1 - start) / step + 1e-9) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => start + index * step + 1e-9);
}

/**
 * The mean log odds of a beat; the greatest mean log odds of a downbeat, and the greatest mean change, on every third or fourth;
 * and by how much the log odds of odd and even beats differ.
 */
function levelFeatures({ beat, downbeat, change }: Heard, frames: readonly number[], places: readonly number[]) {
  const at = places.map((place) => frameAt(frames, place));
  const beats = at.map((frame) => logOddsNear(beat, frame));
  return {
    beat: average(beats),
    isSounding: beats.length > 0 && percentile(beats, MISSING_PERCENT) > NOTHING,
    downbeat: greatestOfBars(at.map((frame) => logOddsNear(downbeat, frame))),
    change: greatestOfBars(at.map((frame) => change[frame])),
    alternation: Math.abs(average(everyNth(beats, 2, 0)) - average(everyNth(beats, 2, 1))),
  };
}

/** The greatest mean of every third or fourth value. */
function greatestOfBars(values: readonly number[]): number {
  const means = BARS.flatMap((bar) => Array.from({ length: bar }, (_, phase) => average(everyNth(values, bar, phase))));
  return Math.max(...means);
}

function everyNth(values: readonly number[], step: number, start: number): number[] {
  return values.filter((_, index) => index % step === start);
}

function average(values: readonly number[]): number {
  return values.length === 0 ? -MAX_LOG_ODDS : mean(values);
}

function logOddsNear(activation: Float32Array, frame: number): number {
  const chance = Math.max(activation[frame - 1] ?? 0, activation[frame] ?? 0, activation[frame + 1] ?? 0);
  return Math.max(-MAX_LOG_ODDS, Math.min(MAX_LOG_ODDS, Math.log(chance / (1 - chance))));
}
