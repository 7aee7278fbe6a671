/** Products with sparse filter banks, and what is made of their bands. Pointers are byte addresses of float32 arrays. */
import { greatestLane, naturalLog, storeTransposed } from "./vectors";

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
  return greatestLane(greatest);
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

/** Replaces `count` (a multiple of 4) values by how far they lie below `floor`, 0 where they do not. */
export function shortfall(values: usize, count: i32, floor: f32): void {
  const floors = f32x4.splat(floor);
  const zero = f32x4.splat(0);
  const end = values + ((<usize>count) << 2);
  while (values < end) {
    v128.store(values, f32x4.max(f32x4.sub(floors, v128.load(values)), zero));
    values += 16;
  }
}

/**
 * Writes `count` (a multiple of 8) values as 16 bits: (value - least) · scale rounded, limited to 0 and 65535.
 */
export function quantise(values: usize, count: i32, least: f32, scale: f32, target: usize): void {
  const offset = f32x4.splat(least);
  const scales = f32x4.splat(scale);
  const half = f32x4.splat(0.5);
  const end = values + ((<usize>count) << 2);
  while (values < end) {
    const low = f32x4.add(f32x4.mul(f32x4.sub(v128.load(values), offset), scales), half);
    const high = f32x4.add(f32x4.mul(f32x4.sub(v128.load(values, 16), offset), scales), half);
    v128.store(target, i16x8.narrow_i32x4_u(i32x4.trunc_sat_f32x4_s(low), i32x4.trunc_sat_f32x4_s(high)));
    values += 32;
    target += 16;
  }
}

/** The values that `quantise` wrote: least + step · code, `count` of them (a multiple of 8). */
export function dequantise(codes: usize, count: i32, least: f32, step: f32, target: usize): void {
  const offset = f32x4.splat(least);
  const steps = f32x4.splat(step);
  const end = codes + ((<usize>count) << 1);
  while (codes < end) {
    const x = v128.load(codes);
    const low = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(x));
    const high = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(x));
    v128.store(target, f32x4.add(offset, f32x4.mul(low, steps)));
    v128.store(target, f32x4.add(offset, f32x4.mul(high, steps)), 16);
    codes += 16;
    target += 32;
  }
}

/** Adds `frames` rows of `bins` values (a multiple of 4, and one more) to `bins` doubles at `sums`, four rows at a time in single precision. */
export function addRows(rows: usize, frames: i32, bins: i32, sums: usize): void {
  const rowBytes = (<usize>bins) << 2;
  let frame = 0;
  for (; frame + 4 <= frames; frame += 4) {
    let sum = sums;
    const end = rows + rowBytes - 4;
    let row = rows;
    for (; row < end; row += 16) {
      const ab = f32x4.add(v128.load(row), v128.load(row + rowBytes));
      const cd = f32x4.add(v128.load(row + 2 * rowBytes), v128.load(row + 3 * rowBytes));
      addTo(sum, f32x4.add(ab, cd));
      sum += 32;
    }
    for (let k = 0; k < 4; k++) {
      store<f64>(sum, load<f64>(sum) + <f64>load<f32>(row));
      row += rowBytes;
    }
    rows += rowBytes << 2;
  }
  for (; frame < frames; frame++) {
    for (let bin: usize = 0; bin < <usize>bins; bin++) {
      store<f64>(sums + (bin << 3), load<f64>(sums + (bin << 3)) + <f64>load<f32>(rows + (bin << 2)));
    }
    rows += rowBytes;
  }
}

function addTo(sums: usize, x: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(x)));
  const high = v128.shuffle<f32>(x, x, 2, 3, 0, 1);
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(high)), 16);
}
