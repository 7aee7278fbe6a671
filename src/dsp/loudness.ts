/** Loudness from weighted power: blocks, gates and range. Power is the weighted sum of K-weighted mean squares. */
import { percentile } from "./statistics.ts";

/** 0.691 dB makes a 997 Hz sine of 0 dBFS in one channel read -3.01 LUFS (ITU-R BS.1770-5, annex 1, equation 2). */
const OFFSET_LUFS = -0.691;
const ABSOLUTE_GATE_LUFS = -70;
/** Blocks this far below the mean of those above the absolute gate do not count: BS.1770-5, equation 6; EBU Tech 3342. */
const RELATIVE_GATE_LU = { integrated: -10, range: -20 };
const RANGE_PERCENT = { low: 10, high: 95 };

/** The loudness of a power, LUFS; -Infinity for 0. */
export function powerToLufs(power: number): number {
  return OFFSET_LUFS + 10 * Math.log10(power);
}

/** The power of a loudness in LUFS. */
function lufsToPower(lufs: number): number {
  return 10 ** ((lufs - OFFSET_LUFS) / 10);
}

/**
 * The means of `count` values that lie `distance` apart: out[i] is the mean of values[i], values[i + distance], … Fewer than
 * that reaches over give none. Sums are made anew each time, so that quiet parts after loud ones stay exact.
 */
export function slidingMeans(values: Float64Array, count: number, distance: number): Float64Array {
  const means = new Float64Array(Math.max(0, values.length - (count - 1) * distance));
  for (let start = 0; start < means.length; start++) {
    let sum = 0;
    for (let index = 0; index < count; index++) sum += values[start + index * distance];
    means[start] = sum / count;
  }
  return means;
}

/**
 * Integrated loudness, LUFS, of the powers of 400 ms blocks that overlap by 75 %: blocks above -70 LUFS, then those above
 * 10 LU below the mean power of these. NaN when no block passes (silence, or no block). ITU-R BS.1770-5, annex 1.
 */
export function integratedLoudness(blockPowers: Float64Array): number {
  return powerToLufs(meanPower(gated(blockPowers, RELATIVE_GATE_LU.integrated)));
}

/**
 * Loudness range, LU, of the powers of 3 s windows, at least 10 a second: the 10th to the 95th percentile of the windows above
 * -70 LUFS and above 20 LU below their mean power. NaN when no window passes. EBU Tech 3342:2023.
 */
export function loudnessRange(windowPowers: Float64Array): number {
  const lufs = gated(windowPowers, RELATIVE_GATE_LU.range).map(powerToLufs);
  return percentile(lufs, RANGE_PERCENT.high) - percentile(lufs, RANGE_PERCENT.low);
}

/** The powers above both gates. */
function gated(powers: Float64Array, relativeGateLu: number): Float64Array {
  const audible = powers.filter((power) => power > lufsToPower(ABSOLUTE_GATE_LUFS));
  const relativeGate = meanPower(audible) * 10 ** (relativeGateLu / 10);
  return audible.filter((power) => power > relativeGate);
}

/** NaN for no powers. */
function meanPower(powers: Float64Array): number {
  return powers.reduce((sum, power) => sum + power, 0) / powers.length;
}
