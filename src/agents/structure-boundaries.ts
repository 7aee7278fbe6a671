/** Where sections of a recording begin. */
import { checkerboardNovelty } from "../dsp/novelty.ts";
import { recurrenceNovelty, squaredDistances } from "../dsp/recurrence.ts";
import { type Cells, DIMENSIONS } from "./structure-cells.ts";

/** Cells before and after a boundary that are compared: 8 bars of 4 beats. Best of 16, 24, 32 and 48. */
const REACH = 32;
/** Cells over which timbre and chroma are averaged first, so that notes and chords of one bar do not count as changes. */
const TIMBRE_CELLS = 4;
const CHROMA_CELLS = 8;
/** Averages shorter than this are not far enough from the recording's mean to tell; cells have a timbre of about 3.5. */
const MIN_TIMBRE = 0.7;
const MIN_CHROMA = 0.5;
/** Novelty counts as far as it exceeds its mean over this many cells to both sides; best of 0, 4, 8, 16 and 24. */
const NEIGHBOURHOOD = 16;
/** What a boundary must bring, re the greatest. 0.15 finds more of what is there and more that is not. */
const COST = 0.22;
/** Where timbre and harmony change less than this, three of four boundaries were wrong. */
const MIN_CHANGE = 0.1;
const MIN_CELLS = 8;
/** What a boundary off the downbeats costs in addition, where these are sure. */
const OFF_DOWNBEAT = 0.1;
/** What sections cost whose beats are no multiple of 16, 8, 4 (or 12). Any such prior helps; doubling it does little. */
const IRREGULAR = { by8: 0.1, by4: 0.2, other: 0.4 };
/** Weights of chroma and timbre in the distance of two cells: chroma has length 1, timbre about the root of 12. */
const CHROMA_WEIGHT = 2;
const TIMBRE_WEIGHT = 0.3;

/** Change along a recording; values at the boundaries between cells, one more than there are cells. */
export interface Novelty {
  /** Of timbre plus of harmony, absolute. */
  readonly change: Float64Array;
  /** Change plus the change of repetition, above its surroundings, greatest value 1. */
  readonly salience: Float64Array;
}

/** The squared distances of all cells `[a][b]` flat, in chroma and timbre together. */
export function cellDistances({ count, chroma, timbre }: Cells): Float32Array {
  const both = new Float64Array(2 * count * DIMENSIONS);
  for (let cell = 0; cell < count; cell++) {
    for (let k = 0; k < DIMENSIONS; k++) {
      both[2 * cell * DIMENSIONS + k] = CHROMA_WEIGHT * chroma[cell * DIMENSIONS + k];
      both[(2 * cell + 1) * DIMENSIONS + k] = TIMBRE_WEIGHT * timbre[cell * DIMENSIONS + k];
    }
  }
  return squaredDistances(both, 2 * DIMENSIONS);
}

/** All 0 where nothing changes. */
export function structureNovelty(cells: Cells, distances: Float32Array): Novelty {
  const reach = Math.max(1, Math.min(REACH, Math.floor(cells.count / 2)));
  const timbre = checkerboardNovelty(movingMean(cells.timbre, TIMBRE_CELLS), DIMENSIONS, reach, MIN_TIMBRE);
  const harmony = checkerboardNovelty(movingMean(cells.chroma, CHROMA_CELLS), DIMENSIONS, reach, MIN_CHROMA);
  const repetition = recurrenceNovelty(distances, cells.count);
  const change = timbre.map((value, boundary) => value + harmony[boundary]);
  return { change, salience: aboveSurroundings(change.map((value, boundary) => value + repetition[boundary])) };
}

/**
 * The boundaries, as indices of the cells that begin there, ascending, without 0: the set with the greatest sum of salience less
 * costs, at least 8 cells apart, by dynamic programming. Boundaries where `downbeats`
 * (null where they are not sure) has 0 cost more. On beats, sections of 16, 8 and 4 beats cost less than others.
 * After Sargent, Bimbot & Vincent, "Estimating the structural segmentation of popular music pieces under regularity
 * constraints", IEEE/ACM Trans. Audio, Speech & Language Processing 25(2), 2017.
 */
export function findBoundaries(
  { change, salience }: Novelty,
  areBeats: boolean,
  downbeats: Uint8Array | null,
): number[] {
  const count = salience.length - 1;
  const best = new Float64Array(count + 1).fill(Number.NEGATIVE_INFINITY);
  const cameFrom = new Int32Array(count + 1);
  best[0] = 0;
  for (let boundary = MIN_CELLS / 2; boundary <= count; boundary++) {
    const isEnd = boundary === count;
    if (!isEnd && change[boundary] < MIN_CHANGE) continue;
    const offBeat = downbeats?.[boundary] === 0 ? OFF_DOWNBEAT : 0;
    const gain = isEnd ? 0 : salience[boundary] - COST - offBeat;
    for (let start = 0; start < boundary; start++) {
      const length = boundary - start;
      const isOuter = isEnd || start === 0;
      if (length < (isOuter ? MIN_CELLS / 2 : MIN_CELLS) && !(isEnd && start === 0)) continue;
      const total = best[start] + gain - (isOuter || !areBeats ? 0 : irregularity(length));
      if (total <= best[boundary]) continue;
      best[boundary] = total;
      cameFrom[boundary] = start;
    }
  }
  const boundaries: number[] = [];
  for (let boundary = cameFrom[count]; boundary > 0; boundary = cameFrom[boundary]) boundaries.push(boundary);
  return boundaries.reverse();
}

function irregularity(beats: number): number {
  if (beats % 16 === 0) return 0;
  if (beats % 8 === 0 || beats % 12 === 0) return IRREGULAR.by8;
  return beats % 4 === 0 ? IRREGULAR.by4 : IRREGULAR.other;
}

/** Each cell's mean with its neighbours, `size` in all, fewer at the ends. */
function movingMean(values: Float64Array, size: number): Float64Array {
  const means = new Float64Array(values.length);
  const count = values.length / DIMENSIONS;
  for (let cell = 0; cell < count; cell++) {
    const first = Math.max(0, cell - size / 2);
    const end = Math.min(count, cell + size / 2);
    for (let other = first; other < end; other++) {
      for (let k = 0; k < DIMENSIONS; k++) {
        means[cell * DIMENSIONS + k] += values[other * DIMENSIONS + k] / (end - first);
      }
    }
  }
  return means;
}

/** How far each value is above the mean around it, at least 0, scaled to a greatest value of 1. */
function aboveSurroundings(values: Float64Array): Float64Array {
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  const heights = values.map((value, index) => {
    const first = Math.max(1, index - NEIGHBOURHOOD);
    const end = Math.min(values.length - 1, index + NEIGHBOURHOOD + 1);
    let sum = 0;
    for (let other = first; other < end; other++) sum += values[other];
    return index === 0 || index === values.length - 1 ? 0 : Math.max(0, value - sum / (end - first));
  });
  const greatest = heights.reduce((most, value) => Math.max(most, value), 0);
  // What is a millionth of the whole is rounding.
  return greatest > 1e-6 * highest ? heights.map((value) => value / greatest) : new Float64Array(values.length);
}
