/** A recording as a row of cells, a beat or half a second each, with what sounds in them. */
import { MFCC_COUNT, type Mfcc } from "../features/mfcc.ts";
import { HOP_SECONDS } from "../features/power-spectrogram.ts";
import type { Chromagram } from "./chromagram.ts";

/** Length of a cell where the beats are not sure. */
const CELL_SECONDS = 0.5;
/** Cells get longer rather than more: what is done with them takes the square of their count. */
export const MAX_CELLS = 1500;
/** Beats faster than this are taken two at a time: every second one is what a listener counts. */
const MIN_BEAT_SECONDS = 0.33;
const MIN_BEATS = 8;
/** MFCC 1 to 12: 0 is the level. */
const FIRST_COEFFICIENT = 1;
export const DIMENSIONS = 12;
/** Coefficients that deviate less do not change: stationary noise has 1, music 2 to 40. */
const MIN_DEVIATION = 1.5;

type Harmony = Pick<Chromagram, "harmony" | "frames" | "hopSeconds">;

export interface Cells {
  readonly count: number;
  /** `[cell]`: where each begins, seconds, and at last the end of the recording. */
  readonly edgesSeconds: Float64Array;
  /** Whether each is a beat. */
  readonly areBeats: boolean;
  /** `[cell][pitch class]` flat, `DIMENSIONS` a cell: mean chroma, of length 1, or 0 where nothing sounds. */
  readonly chroma: Float64Array;
  /** `[cell][coefficient]` flat, `DIMENSIONS` a cell: mean MFCC 1 to 12, each of mean 0 and deviation 1 over the recording. */
  readonly timbre: Float64Array;
}

/** Cells on the beats (ascending seconds) where there are enough of them, else of half a second; at most `MAX_CELLS`. */
export function structureCells(
  mfcc: Mfcc,
  chromagram: Harmony,
  beats: readonly number[],
  durationSeconds: number,
): Cells {
  const onBeats = beatEdges(beats, durationSeconds);
  const edgesSeconds = onBeats ?? evenEdges(durationSeconds);
  return {
    count: edgesSeconds.length - 1,
    edgesSeconds,
    areBeats: onBeats !== null,
    chroma: chromaOf(chromagram, edgesSeconds),
    timbre: timbreOf(mfcc, edgesSeconds),
  };
}

/**
 * `[boundary]`, one more than there are cells: 1 for the boundary nearest to each downbeat (ascending seconds); null where cells are
 * no beats or there are no downbeats.
 */
export function downbeatBoundaries({ edgesSeconds, areBeats }: Cells, downbeats: readonly number[]): Uint8Array | null {
  if (!areBeats || downbeats.length === 0) return null;
  const marks = new Uint8Array(edgesSeconds.length);
  let nearest = 0;
  for (const time of downbeats) {
    while (
      nearest + 1 < edgesSeconds.length &&
      Math.abs(edgesSeconds[nearest + 1] - time) <= Math.abs(edgesSeconds[nearest] - time)
    ) {
      nearest++;
    }
    marks[nearest] = 1;
  }
  return marks;
}

function evenEdges(durationSeconds: number): Float64Array {
  const count = Math.max(1, Math.min(MAX_CELLS, Math.round(durationSeconds / CELL_SECONDS)));
  return Float64Array.from({ length: count + 1 }, (_, cell) => (cell * durationSeconds) / count);
}

/** The beats, continued at their mean distance to both ends; null where they are too few or too many. */
function beatEdges(beats: readonly number[], durationSeconds: number): Float64Array | null {
  if (beats.length < MIN_BEATS) return null;
  const beatSeconds = (beats[beats.length - 1] - beats[0]) / (beats.length - 1);
  const step = beatSeconds < MIN_BEAT_SECONDS ? 2 : 1;
  const period = step * beatSeconds;
  const chosen = beats.filter((_, index) => index % step === 0);
  const least = 0.75 * period;
  const lead = Math.max(0, Math.floor((chosen[0] - least) / period) + 1);
  const before = Array.from({ length: lead }, (_, index) => Math.max(0, chosen[0] - (lead - index) * period));
  const last = chosen[chosen.length - 1];
  const tail = Math.max(0, Math.floor((durationSeconds - last - least) / period) + 1);
  const after = Array.from({ length: tail }, (_, index) => last + (index + 1) * period);
  const inner = [...before, ...chosen, ...after].filter(
    (time) => time >= least && time <= durationSeconds - 0.25 * period,
  );
  return inner.length < MAX_CELLS ? Float64Array.from([0, ...inner, durationSeconds]) : null;
}

/** Frames of the chromagram reach half a hop to both sides; a cell takes the mean of what lies in it. */
function chromaOf({ harmony, frames, hopSeconds }: Harmony, edges: Float64Array): Float64Array {
  const chroma = new Float64Array((edges.length - 1) * DIMENSIONS);
  for (let cell = 0; cell + 1 < edges.length; cell++) {
    const sums = chroma.subarray(cell * DIMENSIONS, (cell + 1) * DIMENSIONS);
    const first = Math.max(0, Math.round(edges[cell] / hopSeconds));
    const last = Math.min(frames - 1, Math.round(edges[cell + 1] / hopSeconds));
    for (let t = first; t <= last; t++) {
      const begin = Math.max(edges[cell], (t - 0.5) * hopSeconds);
      const overlap = Math.max(0, Math.min(edges[cell + 1], (t + 0.5) * hopSeconds) - begin);
      for (let k = 0; k < DIMENSIONS; k++) sums[k] += overlap * harmony[t * DIMENSIONS + k];
    }
    const length = Math.sqrt(sums.reduce((squares, value) => squares + value * value, 0));
    for (let k = 0; k < DIMENSIONS; k++) sums[k] = length > 0 ? sums[k] / length : 0;
  }
  return chroma;
}

function timbreOf({ coefficients, frames }: Mfcc, edges: Float64Array): Float64Array {
  const count = edges.length - 1;
  const timbre = new Float64Array(count * DIMENSIONS);
  for (let cell = 0; cell < count; cell++) {
    const first = Math.min(frames - 1, Math.ceil(edges[cell] / HOP_SECONDS));
    const end = Math.min(frames, Math.max(first + 1, Math.ceil(edges[cell + 1] / HOP_SECONDS)));
    for (let t = Math.max(0, first); t < end; t++) {
      const row = t * MFCC_COUNT + FIRST_COEFFICIENT;
      for (let k = 0; k < DIMENSIONS; k++) timbre[cell * DIMENSIONS + k] += coefficients[row + k] / (end - first);
    }
  }
  for (let k = 0; k < DIMENSIONS; k++) standardise(timbre, k);
  return timbre;
}

/** Gives column k of `[row][DIMENSIONS]` mean 0 and deviation 1; one that hardly varies becomes 0. */
function standardise(values: Float64Array, k: number): void {
  const rows = values.length / DIMENSIONS;
  let [sum, squares] = [0, 0];
  for (let row = 0; row < rows; row++) sum += values[row * DIMENSIONS + k];
  for (let row = 0; row < rows; row++) squares += (values[row * DIMENSIONS + k] - sum / rows) ** 2;
  const deviation = Math.sqrt(squares / rows);
  const scale = deviation > MIN_DEVIATION ? 1 / deviation : 0;
  for (let row = 0; row < rows; row++) {
    values[row * DIMENSIONS + k] = scale * (values[row * DIMENSIONS + k] - sum / rows);
  }
}
