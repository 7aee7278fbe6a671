/** Products with sparse filter banks, and what is made of their bands. Pointers are byte addresses of float32 arrays. */
import { naturalLog, storeTransposed, sumOfLanes } from "./vectors";

const DECIBELS_PER_NEPER: f32 = 4.342944819;

/**
 * target[frame][band] = Σ weights · rows[frame][first …], for `frames` rounded up to a multiple of 4, four frames and four bins
 * at a time.
 *
 * @param ranges - `[band]` of two int32: the first value of the row, and how many, a multiple of 4
 * @param weights - the weights of all bands, one after the other
 * @param bands - a multiple of 4
 */
export function filterBank(
  rows: usize,
  frames: i32,
  rowLength: i32,
  ranges: usize,
  weights: usize,
  bands: i32,
  scratch: usize,
  target: usize,
): void {
  const rowBytes = (<usize>rowLength) << 2;
  const targetRowBytes = (<usize>bands) << 2;
  for (let frame = 0; frame < frames; frame += 4) {
    let weight = weights;
    for (let band = 0; band < bands; band++) {
      const range = ranges + ((<usize>band) << 3);
      let x = rows + ((<usize>load<i32>(range)) << 2);
      const end = weight + ((<usize>load<i32>(range, 4)) << 2);
      let sum0 = f32x4.splat(0);
      let sum1 = f32x4.splat(0);
      let sum2 = f32x4.splat(0);
      let sum3 = f32x4.splat(0);
      while (weight < end) {
        const w = v128.load(weight);
        sum0 = f32x4.add(sum0, f32x4.mul(w, v128.load(x)));
        sum1 = f32x4.add(sum1, f32x4.mul(w, v128.load(x + rowBytes)));
        sum2 = f32x4.add(sum2, f32x4.mul(w, v128.load(x + 2 * rowBytes)));
        sum3 = f32x4.add(sum3, f32x4.mul(w, v128.load(x + 3 * rowBytes)));
        weight += 16;
        x += 16;
      }
      const slot = scratch + ((<usize>(band & 3)) << 4);
      v128.store(slot, sumsOfLanes(sum0, sum1, sum2, sum3));
      if ((band & 3) === 3) storeTransposed(scratch, target + ((<usize>(band - 3)) << 2), targetRowBytes);
    }
    rows += rowBytes << 2;
    target += targetRowBytes << 2;
  }
}

/** Lane n is the sum of the lanes of the n-th vector. */
function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** Replaces `count` (a multiple of 4) powers by 10 log10 of them, at least of `floor`, and returns the greatest. */
export function decibels(values: usize, count: i32, floor: f32): f32 {
  const floors = f32x4.splat(floor);
  const scale = f32x4.splat(DECIBELS_PER_NEPER);
  let greatest = f32x4.splat(-Infinity);
  const end = values + ((<usize>count) << 2);
  while (values < end) {
    const db = f32x4.mul(naturalLog(f32x4.max(v128.load(values), floors)), scale);
    greatest = f32x4.max(greatest, db);
    v128.store(values, db);
    values += 16;
  }
  return max(
    max(f32x4.extract_lane(greatest, 0), f32x4.extract_lane(greatest, 1)),
    max(f32x4.extract_lane(greatest, 2), f32x4.extract_lane(greatest, 3)),
  );
}

/** Raises `count` (a multiple of 4) values to at least `floor`. */
export function raise(values: usize, count: i32, floor: f32): void {
  const floors = f32x4.splat(floor);
  const end = values + ((<usize>count) << 2);
  while (values < end) {
    v128.store(values, f32x4.max(v128.load(values), floors));
    values += 16;
  }
}

/**
 * target[frame] = the sum over the bands (a multiple of 4) of how much ln(1 + gain · value) rises from the frame before, falls
 * counted as 0. `previous` holds the compressed bands of the frame before the first, and of the last one afterwards.
 */
export function logFlux(rows: usize, frames: i32, bands: i32, gain: f32, previous: usize, target: usize): void {
  const gains = f32x4.splat(gain);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const previousEnd = previous + ((<usize>bands) << 2);
  for (let frame = 0; frame < frames; frame++) {
    let rise = zero;
    for (let before = previous; before < previousEnd; before += 16) {
      const compressed = naturalLog(f32x4.add(one, f32x4.mul(v128.load(rows), gains)));
      rise = f32x4.add(rise, f32x4.max(f32x4.sub(compressed, v128.load(before)), zero));
      v128.store(before, compressed);
      rows += 16;
    }
    store<f32>(target + ((<usize>frame) << 2), sumOfLanes(rise));
  }
}
