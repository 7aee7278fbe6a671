/**
 * What is read off the samples of one channel: sums, peaks, sign changes, runs of equal samples. Pointers are byte addresses
 * of float32 arrays, which need not be aligned; sums are in double precision.
 */
import { greatestLane } from "./vectors";

/**
 * The sum, the sum of squares, the greatest absolute value and the sign changes of `count` samples, as four doubles at `state`.
 * A fifth is the sign before the first and, afterwards, of the last: -1, 1, or 0 where only zeros came so far. Zero has the
 * sign of the sample before it.
 */
export function levels(samples: usize, count: i32, state: usize): void {
  let sumLow = f64x2.splat(0);
  let sumHigh = f64x2.splat(0);
  let squaresLow = f64x2.splat(0);
  let squaresHigh = f64x2.splat(0);
  let peaks = f32x4.splat(0);
  let sign = <i32>load<f64>(state, 32);
  let changes = 0;
  let n = 0;
  for (; n + 4 <= count; n += 4) {
    const at = samples + ((<usize>n) << 2);
    const y = v128.load(at);
    // One instruction, where max has to look after NaN.
    peaks = f32x4.pmax(peaks, f32x4.abs(y));
    const low = f64x2.promote_low_f32x4(y);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(y, y, 2, 3, 0, 1));
    sumLow = f64x2.add(sumLow, low);
    sumHigh = f64x2.add(sumHigh, high);
    squaresLow = f64x2.add(squaresLow, f64x2.mul(low, low));
    squaresHigh = f64x2.add(squaresHigh, f64x2.mul(high, high));
    if (sign === 0 || v128.any_true(f32x4.eq(y, f32x4.splat(0)))) {
      for (let lane: usize = 0; lane < 16; lane += 4) {
        const next = signOf(load<f32>(at + lane), sign);
        changes += <i32>(next * sign < 0);
        sign = next;
      }
    } else {
      // One bit a sample, 1 where it is negative.
      const negative = i32x4.bitmask(y);
      changes += popcnt(negative ^ (((negative << 1) | <i32>(sign < 0)) & 15));
      sign = (negative & 8) !== 0 ? -1 : 1;
    }
  }
  let sum = sumOfPairs(f64x2.add(sumLow, sumHigh));
  let squares = sumOfPairs(f64x2.add(squaresLow, squaresHigh));
  let peak = greatestLane(peaks);
  for (; n < count; n++) {
    const y = load<f32>(samples + ((<usize>n) << 2));
    sum += <f64>y;
    squares += <f64>y * <f64>y;
    peak = max(peak, abs(y));
    const next = signOf(y, sign);
    changes += <i32>(next * sign < 0);
    sign = next;
  }
  store<f64>(state, sum);
  store<f64>(state, squares, 8);
  store<f64>(state, <f64>peak, 16);
  store<f64>(state, <f64>changes, 24);
  store<f64>(state, <f64>sign, 32);
}

function signOf(y: f32, before: i32): i32 {
  return y > 0 ? 1 : y < 0 ? -1 : before;
}

function sumOfPairs(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Σ a[n] b[n]. */
export function product(a: usize, b: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let n = 0;
  for (; n + 4 <= count; n += 4) {
    const x = v128.load(a + ((<usize>n) << 2));
    const y = v128.load(b + ((<usize>n) << 2));
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)));
    const xHigh = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 0, 1));
    high = f64x2.add(high, f64x2.mul(xHigh, f64x2.promote_low_f32x4(v128.shuffle<f32>(y, y, 2, 3, 0, 1))));
  }
  let sum = sumOfPairs(f64x2.add(low, high));
  for (; n < count; n++) {
    sum += <f64>load<f32>(a + ((<usize>n) << 2)) * <f64>load<f32>(b + ((<usize>n) << 2));
  }
  return sum;
}

/**
 * The greatest |(y[n - 1] - y[n]) + (y[n + 1] - y[n])| of each of `blocks` consecutive blocks to `target`: block b is n from
 * b · length + 1 to (b + 1) · length. Sums that are no numbers, as of infinite differences, do not count.
 */
export function sharpestBends(samples: usize, blocks: i32, length: i32, target: usize): void {
  for (const end = target + ((<usize>blocks) << 2); target < end; target += 4) {
    let greatest = f32x4.splat(0);
    const stop = samples + ((<usize>length) << 2);
    for (; samples + 16 <= stop; samples += 16) {
      const y = v128.load(samples, 4);
      const bend = f32x4.add(f32x4.sub(v128.load(samples), y), f32x4.sub(v128.load(samples, 8), y));
      greatest = f32x4.pmax(greatest, f32x4.abs(bend));
    }
    let most = greatestLane(greatest);
    for (; samples < stop; samples += 4) {
      const y = load<f32>(samples, 4);
      const bend = abs(load<f32>(samples) - y + (load<f32>(samples, 8) - y));
      if (bend > most) most = bend;
    }
    store<f32>(target, most);
  }
}

/**
 * The first n from `start` on whose sample is at least `level` in absolute value and differs from each of the two after it by
 * at most `step`; `end` if none. Two samples beyond `end` are read.
 */
export function findRun(samples: usize, start: i32, end: i32, step: f32, level: f32): i32 {
  const steps = f32x4.splat(step);
  const least = f32x4.splat(level);
  let n = start;
  for (; n + 4 <= end; n += 4) {
    const at = samples + ((<usize>n) << 2);
    const y = v128.load(at);
    const isNear = f32x4.le(f32x4.abs(f32x4.sub(v128.load(at, 4), y)), steps);
    const isLoud = v128.and(isNear, f32x4.ge(f32x4.abs(y), least));
    if (!v128.any_true(isLoud)) continue;
    const found = v128.and(isLoud, f32x4.le(f32x4.abs(f32x4.sub(v128.load(at, 8), y)), steps));
    if (v128.any_true(found)) return n + ctz(i32x4.bitmask(found));
  }
  for (; n < end; n++) {
    const at = samples + ((<usize>n) << 2);
    const y = load<f32>(at);
    if (abs(y) < level || abs(load<f32>(at, 4) - y) > step || abs(load<f32>(at, 8) - y) > step) continue;
    return n;
  }
  return end;
}

/**
 * Two second-order sections, one after the other, of two channels side by side, as transposed direct form II. Adds the squares
 * of the output to the last two of ten doubles at `state`; the first eight are the states, `[state][channel]`.
 *
 * @param coefficients - seven doubles: b0, b1, b2, a1, a2 of the first section; a1, a2 of the second, whose numerator is 1, -2, 1
 */
export function weightedEnergy(left: usize, right: usize, count: i32, coefficients: usize, state: usize): void {
  const b0 = v128.load64_splat(coefficients);
  const b1 = v128.load64_splat(coefficients, 8);
  const b2 = v128.load64_splat(coefficients, 16);
  const a1 = v128.load64_splat(coefficients, 24);
  const a2 = v128.load64_splat(coefficients, 32);
  const c1 = v128.load64_splat(coefficients, 40);
  const c2 = v128.load64_splat(coefficients, 48);
  let s1 = v128.load(state);
  let s2 = v128.load(state, 16);
  let u1 = v128.load(state, 32);
  let u2 = v128.load(state, 48);
  let energy = v128.load(state, 64);
  for (let n: usize = 0; n < (<usize>count) << 2; n += 4) {
    const pair = v128.shuffle<f32>(v128.load32_zero(left + n), v128.load32_zero(right + n), 0, 4, 1, 5);
    const x = f64x2.promote_low_f32x4(pair);
    const v = f64x2.add(f64x2.mul(b0, x), s1);
    s1 = f64x2.sub(f64x2.add(f64x2.mul(b1, x), s2), f64x2.mul(a1, v));
    s2 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, v));
    const y = f64x2.add(v, u1);
    u1 = f64x2.sub(f64x2.sub(u2, f64x2.add(v, v)), f64x2.mul(c1, y));
    u2 = f64x2.sub(v, f64x2.mul(c2, y));
    energy = f64x2.add(energy, f64x2.mul(y, y));
  }
  v128.store(state, s1);
  v128.store(state, s2, 16);
  v128.store(state, u1, 32);
  v128.store(state, u2, 48);
  v128.store(state, energy, 64);
}
