/** How unlike a signal is to itself some samples later, four frames in the lanes of a vector. Pointers are byte addresses of float32 arrays. */
import { split, transform } from "./fourier";
import { storeTransposed } from "./vectors";

/**
 * For each of `frames` (rounded up to a multiple of 4) frames of 2 · half samples, `hop` samples apart, without their mean: u(lag) =
 * 1 - Σ y[n] y[n + lag] / √(h · max(t(lag), softest · h)) with h = Σ y[n]² and t(lag) = Σ y[n + lag]², over the first `count` samples n,
 * for lags 0 to `lags`, which both fit the frame, to rows of `rowLength` floats at `unlikeness`; 1 where nothing sounds. u over its mean
 * from lag 1 up to the lag, 1 at lag 0 and while all is 0, to rows at `normalised`; and two floats at `energy`: the frame's
 * mean, and the sum of its squares without the mean.
 *
 * @param order - `half` int32: the byte offset in a frame of the pair of samples that is input n of the transform's first pass
 * @param twiddles - as of `transform`
 * @param splits - as of `split`
 * @param rowLength - a multiple of 4, greater than `lags`
 * @param work - 144 · half + 512 bytes
 */
export function compareLags(
  samples: usize,
  frames: i32,
  hop: i32,
  half: i32,
  count: i32,
  lags: i32,
  softest: f32,
  order: usize,
  twiddles: usize,
  splits: usize,
  work: usize,
  rowLength: i32,
  unlikeness: usize,
  normalised: usize,
  energy: usize,
): void {
  const size = 2 * half;
  const hopBytes = (<usize>hop) << 2;
  const rowBytes = (<usize>rowLength) << 2;
  const spectrumBytes = ((<usize>half) << 5) + 64;
  // [n] of four samples; the spectra of the head and of the whole.
  const y = work + spectrumBytes;
  const head = y + ((<usize>size) << 4);
  const whole = head + spectrumBytes;
  for (let frame = 0; frame < frames; frame += 4) {
    centre(samples, hopBytes, size, y, energy);
    gatherPairs(y, order, half, count, work);
    transform(work, half, twiddles);
    split(work, half, splits, head);
    gatherPairs(y, order, half, size, work);
    transform(work, half, twiddles);
    split(work, half, splits, whole);
    // The inverse by a forward transform: the Hartley transform, real minus imaginary part, is its own inverse.
    correlate(head, whole, half);
    gatherPairs(head, order, half, size, work);
    transform(work, half, twiddles);
    split(work, half, splits, whole);
    storeRows(y, whole, size, count, lags, softest, head, rowBytes, unlikeness, normalised);
    samples += hopBytes << 2;
    unlikeness += rowBytes << 2;
    normalised += rowBytes << 2;
    energy += 32;
  }
}

/** Writes the samples of four frames without their means, `[n]` of four, and the frames' means and energies. */
function centre(samples: usize, hopBytes: usize, size: i32, y: usize, energy: usize): void {
  let sum0: f64 = 0;
  let sum1: f64 = 0;
  let sum2: f64 = 0;
  let sum3: f64 = 0;
  const end = samples + ((<usize>size) << 2);
  for (let at = samples; at < end; at += 4) {
    sum0 += <f64>load<f32>(at);
    sum1 += <f64>load<f32>(at + hopBytes);
    sum2 += <f64>load<f32>(at + 2 * hopBytes);
    sum3 += <f64>load<f32>(at + 3 * hopBytes);
  }
  let means = f32x4.splat(<f32>(sum0 / <f64>size));
  means = f32x4.replace_lane(means, 1, <f32>(sum1 / <f64>size));
  means = f32x4.replace_lane(means, 2, <f32>(sum2 / <f64>size));
  means = f32x4.replace_lane(means, 3, <f32>(sum3 / <f64>size));
  let squares = f32x4.splat(0);
  for (let at = samples; at < end; at += 16) {
    // The transposition of four samples of four frames.
    const a = v128.load(at);
    const b = v128.load(at + hopBytes);
    const c = v128.load(at + 2 * hopBytes);
    const d = v128.load(at + 3 * hopBytes);
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const y0 = f32x4.sub(v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5), means);
    const y1 = f32x4.sub(v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7), means);
    const y2 = f32x4.sub(v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), means);
    const y3 = f32x4.sub(v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), means);
    v128.store(y, y0);
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
    squares = f32x4.add(squares, f32x4.add(f32x4.mul(y0, y0), f32x4.mul(y1, y1)));
    squares = f32x4.add(squares, f32x4.add(f32x4.mul(y2, y2), f32x4.mul(y3, y3)));
    y += 64;
  }
  storeEnergy(energy, f32x4.extract_lane(means, 0), f32x4.extract_lane(squares, 0));
  storeEnergy(energy + 8, f32x4.extract_lane(means, 1), f32x4.extract_lane(squares, 1));
  storeEnergy(energy + 16, f32x4.extract_lane(means, 2), f32x4.extract_lane(squares, 2));
  storeEnergy(energy + 24, f32x4.extract_lane(means, 3), f32x4.extract_lane(squares, 3));
}

function storeEnergy(energy: usize, mean: f32, squares: f32): void {
  store<f32>(energy, mean);
  store<f32>(energy, squares, 4);
}

/** Puts pairs of samples where the transform's first pass finds them, and zeros for those from `count` on. */
function gatherPairs(y: usize, order: usize, half: i32, count: i32, work: usize): void {
  const last = (<usize>count) << 2;
  const zero = f32x4.splat(0);
  for (const end = order + ((<usize>half) << 2); order < end; order += 4) {
    const at = <usize>load<u32>(order);
    v128.store(work, at < last ? v128.load(y + (at << 2)) : zero);
    v128.store(work, at + 4 < last ? v128.load(y + (at << 2), 16) : zero, 16);
    work += 32;
  }
}

/**
 * Replaces the spectrum at `head` by what the Hartley transform turns into the correlation: `[n]` of four, real minus imaginary
 * part of conjugate head times whole at n, and their sum at the mirror.
 */
function correlate(head: usize, whole: usize, half: i32): void {
  const mirrored = whole + ((<usize>half) << 5) + 64;
  for (let k = 0; k <= half; k++) {
    const at = (<usize>k) << 5;
    const headRe = v128.load(head + at);
    const headIm = v128.load(head + at, 16);
    const wholeRe = v128.load(whole + at);
    const wholeIm = v128.load(whole + at, 16);
    const re = f32x4.add(f32x4.mul(headRe, wholeRe), f32x4.mul(headIm, wholeIm));
    const im = f32x4.sub(f32x4.mul(headRe, wholeIm), f32x4.mul(headIm, wholeRe));
    // Row k of head has been read, and takes half as much room now.
    v128.store(head + ((<usize>k) << 4), f32x4.sub(re, im));
    v128.store(mirrored + ((<usize>k) << 4), f32x4.add(re, im));
  }
  for (let k = 1; k < half; k++) {
    v128.store(head + ((<usize>(2 * half - k)) << 4), v128.load(mirrored + ((<usize>k) << 4)));
  }
}

/** From the correlation's spectrum to rows of unlikeness. */
function storeRows(
  y: usize,
  spectrum: usize,
  size: i32,
  count: i32,
  lags: i32,
  softest: f32,
  scratch: usize,
  rowBytes: usize,
  unlikeness: usize,
  normalised: usize,
): void {
  const overSize = f32x4.splat(1 / <f32>size);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  let headLow = f64x2.splat(0);
  let headHigh = f64x2.splat(0);
  for (let n = 0; n < count; n++) {
    const x = v128.load(y + ((<usize>n) << 4));
    headLow = f64x2.add(headLow, squaredLow(x));
    headHigh = f64x2.add(headHigh, squaredHigh(x));
  }
  const head = narrowed(headLow, headHigh);
  const least = f32x4.mul(head, f32x4.splat(softest));
  let tailLow = headLow;
  let tailHigh = headHigh;
  let sum = zero;
  for (let lag = 0; lag <= lags; lag++) {
    const at = spectrum + ((<usize>lag) << 5);
    const correlation = f32x4.mul(f32x4.sub(v128.load(at), v128.load(at, 16)), overSize);
    const tail = f32x4.max(narrowed(tailLow, tailHigh), least);
    // Roots apart: the product of two small energies could not be held.
    const scale = f32x4.mul(f32x4.sqrt(head), f32x4.sqrt(tail));
    const away = f32x4.max(f32x4.sub(one, f32x4.div(correlation, scale)), zero);
    const u = v128.bitselect(away, one, f32x4.gt(scale, zero));
    sum = lag === 0 ? zero : f32x4.add(sum, u);
    const ratio = f32x4.div(f32x4.mul(u, f32x4.splat(<f32>lag)), sum);
    const slot = scratch + ((<usize>(lag & 3)) << 4);
    v128.store(slot, u);
    v128.store(slot + 64, v128.bitselect(ratio, one, f32x4.gt(sum, zero)));
    if ((lag & 3) === 3 || lag === lags) {
      const column = (<usize>(lag & ~3)) << 2;
      storeTransposed(scratch, unlikeness + column, rowBytes);
      storeTransposed(scratch + 64, normalised + column, rowBytes);
    }
    const enters = v128.load(y + ((<usize>(count + lag)) << 4));
    const leaves = v128.load(y + ((<usize>lag) << 4));
    tailLow = f64x2.add(tailLow, f64x2.sub(squaredLow(enters), squaredLow(leaves)));
    tailHigh = f64x2.add(tailHigh, f64x2.sub(squaredHigh(enters), squaredHigh(leaves)));
  }
}

function narrowed(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

function upper(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 3, 0, 1);
}

function squaredLow(x: v128): v128 {
  const wide = f64x2.promote_low_f32x4(x);
  return f64x2.mul(wide, wide);
}

function squaredHigh(x: v128): v128 {
  return squaredLow(upper(x));
}
