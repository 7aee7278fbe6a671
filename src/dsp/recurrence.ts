/** What a sequence of vectors repeats, and where that changes. */

import { openKernel } from "./kernel/kernel.ts";

/** The kernel takes dimensions by fours. */
const LANES = 4;
/** Pages of 64 KiB beside the vectors: what the kernel itself takes. */
const MORE_PAGES = 2;
/** Vectors that are compared together, so that a chance likeness of one is none: Serrà's embedding, centred. */
const EMBEDDING = 4;
/** Share of all vectors that count as neighbours of each; 0.03 to 0.06 do alike. */
const NEIGHBOURS = 0.03;
const MIN_NEIGHBOURS = 2;
/** Standard deviations of the smoothing of the lag matrix, in vectors: along time and along lag. */
const TIME_DEVIATION = 4;
const LAG_DEVIATION = 1;

/** Squared distances `[a][b]` flat between vectors `[vector][dimension]` flat, in single precision. */
export function squaredDistances(vectors: Float64Array, dimensions: number): Float32Array {
  const count = vectors.length / dimensions;
  const width = Math.ceil(dimensions / LANES) * LANES;
  const kernel = openKernel(Math.ceil((4 * count * (width + 1)) / 65_536) + MORE_PAGES);
  const padded = kernel.floats(count * width);
  for (let a = 0; a < count; a++) padded.set(vectors.subarray(a * dimensions, (a + 1) * dimensions), a * width);
  const row = kernel.floats(count);
  const distances = new Float32Array(count * count);
  for (let a = 0; a < count; a++) {
    const { byteOffset } = padded;
    kernel.functions.squaredDistances(byteOffset + 4 * a * width, byteOffset, count, width, row.byteOffset);
    distances.set(row, a * count);
  }
  return distances;
}

/**
 * Novelty at the boundaries between vectors, given their distances `[a][b]` flat: how much the set of lags at which the sequence
 * repeats itself changes there. `[boundary]`, one more than there are vectors, scaled to a greatest value of 1, 0 at both ends,
 * all 0 for fewer than three vectors. Distances are averaged along diagonals, mutual nearest neighbours make a binary matrix, which
 * is sheared to time and lag and smoothed; novelty is the squared step from time to time.
 * Serrà, Müller, Grosche & Arcos, "Unsupervised music structure annotation by time series structure features and segment
 * similarity", IEEE Trans. Multimedia 16(5), 2014, section III.
 */
export function recurrenceNovelty(distances: Float32Array, count: number): Float64Array {
  const novelty = new Float64Array(count + 1);
  if (count < 3) return novelty;
  const lags = smoothedLags(embedded(distances, count), count);
  const taps = gaussian(TIME_DEVIATION);
  const reach = (taps.length - 1) / 2;
  // Two reaches at both ends: the first and last values go on for one, and what those give reaches another.
  const smoothed = new Float32Array(count + 4 * reach);
  for (let lag = 0; lag < count; lag++) {
    smoothed.fill(0);
    for (let at = -reach; at < count + reach; at++) {
      const value = lags[lag * count + Math.min(count - 1, Math.max(0, at))];
      if (value === 0) continue;
      for (let tap = 0; tap < taps.length; tap++) smoothed[at + reach + tap] += taps[tap] * value;
    }
    for (let time = 1; time < count; time++) {
      novelty[time] += (smoothed[time + 2 * reach] - smoothed[time + 2 * reach - 1]) ** 2;
    }
  }
  const greatest = novelty.reduce((most, value) => Math.max(most, value), 0);
  return greatest > 0 ? novelty.map((value) => value / greatest) : novelty;
}

/** Distances averaged over `EMBEDDING` steps along their diagonals; of `[a][b]` only b > a is filled. */
function embedded(distances: Float32Array, count: number): Float32Array {
  const means = new Float32Array(count * count);
  const before = EMBEDDING / 2;
  for (let a = 0; a < count; a++) {
    for (let lag = 1; lag < count - a; lag++) {
      const first = Math.max(0, a - before);
      const end = Math.min(count - lag, a - before + EMBEDDING);
      let sum = 0;
      for (let step = first; step < end; step++) sum += distances[step * count + step + lag];
      means[a * count + a + lag] = sum / (end - first);
    }
  }
  return means;
}

/** `[vector]`: the distance (given for b > a) of each to the one that is `rank`-th nearest to it, from 0. */
function nearestBounds(distances: Float32Array, count: number, rank: number): Float32Array {
  const size = rank + 1;
  const nearest = new Float32Array(count * size).fill(Number.POSITIVE_INFINITY);
  // Each stands at no distance from itself, which takes the first place.
  for (let a = 0; a < count; a++) nearest[a * size] = 0;
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const distance = distances[a * count + b];
      if (distance < nearest[a * size + rank]) insert(nearest, a * size, rank, distance);
      if (distance < nearest[b * size + rank]) insert(nearest, b * size, rank, distance);
    }
  }
  return Float32Array.from({ length: count }, (_, a) => nearest[a * size + rank]);
}

/** Puts a value in its place among the rising ones from `start` to `start + last`, whose last is lost. */
function insert(rising: Float32Array, start: number, last: number, value: number): void {
  let at = start + last;
  for (; at > start && rising[at - 1] > value; at--) rising[at] = rising[at - 1];
  rising[at] = value;
}

/**
 * `[lag][time]` flat, lags counted around the end: 1 where a vector and that lag later are among each other's nearest, 0
 * elsewhere, smoothed along lag.
 */
function smoothedLags(distances: Float32Array, count: number): Float32Array {
  const rank = Math.min(count - 1, Math.max(MIN_NEIGHBOURS, Math.round(NEIGHBOURS * count)));
  const bounds = nearestBounds(distances, count, rank);
  const taps = gaussian(LAG_DEVIATION);
  const reach = (taps.length - 1) / 2;
  const smoothed = new Float32Array(count * count);

  function mark(time: number, lag: number): void {
    for (let tap = 0; tap < taps.length; tap++) {
      smoothed[((lag + tap - reach + count * reach) % count) * count + time] += taps[tap];
    }
  }

  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const distance = distances[a * count + b];
      if (distance > bounds[a] || distance > bounds[b]) continue;
      mark(a, b - a);
      mark(b, count + a - b);
    }
  }
  return smoothed;
}

/** Weights that sum to 1, to 2.5 standard deviations on each side. */
function gaussian(deviation: number): Float64Array {
  const reach = Math.ceil(2.5 * deviation);
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, n) => Math.exp(-0.5 * ((n - reach) / deviation) ** 2));
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}
