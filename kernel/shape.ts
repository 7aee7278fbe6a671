/** The shape of power spectra: sums over blocks of 16 bins in single precision, over the blocks in double. */
import { naturalLog, sumOfLanes } from "./vectors";

const BLOCK = 16;
/** Blocks whose mantissas are multiplied before the logarithm is taken: 64 factors below 2 stay below 2^64. */
const BLOCKS_PER_LOGARITHM = 16;
const RESULTS = 6;

/**
 * For each row of `bins` powers (a multiple of 16, and one more), six doubles at `target`: centroid, bandwidth (its root mean
 * square distance) and rolloff of the magnitude, in bins; mean logarithm and mean of the power raised to `floor`; sum of the
 * power. Centroid, bandwidth and rolloff are 0 where all is 0.
 *
 * @param scratch - bins + 2 · (bins / 16) floats, 16-byte aligned
 */
export function spectralShape(
  power: usize,
  frames: i32,
  bins: i32,
  rolloffShare: f64,
  floor: f32,
  scratch: usize,
  target: usize,
): void {
  const last = bins - 1;
  const blockSums = scratch + ((<usize>last) << 2) + 16;
  for (let frame = 0; frame < frames; frame++) {
    const centroid = magnitudes(power, last, scratch, blockSums, target);
    const total = load<f64>(target);
    store<f64>(target, centroid);
    store<f64>(target, total > 0 ? Math.sqrt(spread(scratch, last, centroid) / total) : 0, 8);
    store<f64>(target, <f64>rolloff(scratch, last, blockSums, rolloffShare * total), 16);
    powers(power, last, floor, target + 24);
    power += (<usize>bins) << 2;
    target += RESULTS << 3;
  }
}

/** Writes the magnitudes and the sums of their blocks, the sum of all at `total`, and returns the centroid. */
function magnitudes(power: usize, last: i32, magnitude: usize, blockSums: usize, total: usize): f64 {
  let sum: f64 = 0;
  let weighted: f64 = 0;
  for (let bin = 0; bin < last; bin += BLOCK) {
    const from = power + ((<usize>bin) << 2);
    const to = magnitude + ((<usize>bin) << 2);
    const a = f32x4.sqrt(v128.load(from));
    const b = f32x4.sqrt(v128.load(from, 16));
    const c = f32x4.sqrt(v128.load(from, 32));
    const d = f32x4.sqrt(v128.load(from, 48));
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
    const blockSum = <f64>sumOfLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    const low = f32x4.add(f32x4.mul(a, f32x4(0, 1, 2, 3)), f32x4.mul(b, f32x4(4, 5, 6, 7)));
    const high = f32x4.add(f32x4.mul(c, f32x4(8, 9, 10, 11)), f32x4.mul(d, f32x4(12, 13, 14, 15)));
    store<f64>(blockSums + (<usize>bin >> 1), blockSum);
    sum += blockSum;
    weighted += <f64>bin * blockSum + <f64>sumOfLanes(f32x4.add(low, high));
  }
  const end = <f64>sqrt<f32>(load<f32>(power + ((<usize>last) << 2)));
  store<f32>(magnitude + ((<usize>last) << 2), <f32>end);
  sum += end;
  store<f64>(total, sum);
  return sum > 0 ? (weighted + <f64>last * end) / sum : 0;
}

/** Σ (bin - centroid)² · magnitude. */
function spread(magnitude: usize, last: i32, centroid: f64): f64 {
  let sum: f64 = 0;
  const four = f32x4.splat(4);
  for (let bin = 0; bin < last; bin += BLOCK) {
    const from = magnitude + ((<usize>bin) << 2);
    const a = f32x4.add(f32x4.splat(<f32>(<f64>bin - centroid)), f32x4(0, 1, 2, 3));
    const b = f32x4.add(a, four);
    const c = f32x4.add(b, four);
    const d = f32x4.add(c, four);
    const low = f32x4.add(f32x4.mul(f32x4.mul(a, a), v128.load(from)), f32x4.mul(f32x4.mul(b, b), v128.load(from, 16)));
    const high = f32x4.add(
      f32x4.mul(f32x4.mul(c, c), v128.load(from, 32)),
      f32x4.mul(f32x4.mul(d, d), v128.load(from, 48)),
    );
    sum += <f64>sumOfLanes(f32x4.add(low, high));
  }
  const distance = <f64>last - centroid;
  return sum + distance * distance * <f64>load<f32>(magnitude + ((<usize>last) << 2));
}

/** The lowest bin up to which the magnitudes sum up to the threshold. */
function rolloff(magnitude: usize, last: i32, blockSums: usize, threshold: f64): i32 {
  let sum: f64 = 0;
  for (let bin = 0; bin < last; bin += BLOCK) {
    const next = sum + load<f64>(blockSums + (<usize>bin >> 1));
    if (next >= threshold) {
      for (let k = bin; k < bin + BLOCK - 1; k++) {
        sum += <f64>load<f32>(magnitude + ((<usize>k) << 2));
        if (sum >= threshold) return k;
      }
      return bin + BLOCK - 1;
    }
    sum = next;
  }
  return last;
}

/** Mean logarithm and mean of the floored powers, and the sum of the powers, as three doubles. */
function powers(power: usize, last: i32, floor: f32, target: usize): void {
  const floors = f32x4.splat(floor);
  const lowMantissa = i32x4.splat(0x007fffff);
  const one = f32x4.splat(1);
  let logarithms: f64 = 0;
  let flooredSum: f64 = 0;
  let sum: f64 = 0;
  let product = one;
  let exponents = i32x4.splat(0);
  for (let bin = 0; bin < last; bin += BLOCK) {
    let blockSum = f32x4.splat(0);
    let blockFlooredSum = f32x4.splat(0);
    for (let k = bin; k < bin + BLOCK; k += 4) {
      const x = v128.load(power + ((<usize>k) << 2));
      const floored = f32x4.max(x, floors);
      blockSum = f32x4.add(blockSum, x);
      blockFlooredSum = f32x4.add(blockFlooredSum, floored);
      product = f32x4.mul(product, v128.or(v128.and(floored, lowMantissa), one));
      exponents = i32x4.add(exponents, i32x4.shr_u(floored, 23));
    }
    sum += <f64>sumOfLanes(blockSum);
    flooredSum += <f64>sumOfLanes(blockFlooredSum);
    if ((bin / BLOCK) % BLOCKS_PER_LOGARITHM === BLOCKS_PER_LOGARITHM - 1 || bin + BLOCK === last) {
      logarithms += <f64>sumOfLanes(naturalLog(product));
      product = one;
    }
  }
  const end = load<f32>(power + ((<usize>last) << 2));
  const flooredEnd = max(end, floor);
  const exponentSum =
    i32x4.extract_lane(exponents, 0) +
    i32x4.extract_lane(exponents, 1) +
    i32x4.extract_lane(exponents, 2) +
    i32x4.extract_lane(exponents, 3) -
    127 * last;
  logarithms += <f64>exponentSum * Math.LN2;
  logarithms += <f64>f32x4.extract_lane(naturalLog(f32x4.splat(flooredEnd)), 0);
  store<f64>(target, logarithms / <f64>(last + 1));
  store<f64>(target, (flooredSum + <f64>flooredEnd) / <f64>(last + 1), 8);
  store<f64>(target, sum + <f64>end, 16);
}
