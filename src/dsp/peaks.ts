/** Peaks of sampled curves: where they are, and where they are between samples. */

/** What makes a sample of a curve a peak; spans are in samples, before and after it. */
export interface PeakRule {
  /** The sample is the greatest from `maxBefore` before to `maxAfter` after it. */
  readonly maxBefore: number;
  readonly maxAfter: number;
  /** The sample is at least `delta` above the mean from `meanBefore` before to `meanAfter` after it. */
  readonly meanBefore: number;
  readonly meanAfter: number;
  readonly delta: number;
  /** At least this many samples lie between the peak before and this one. */
  readonly wait: number;
}

/**
 * The indices of the peaks of a curve, ascending. Spans are cut at the ends. A flat curve has no peak unless delta is 0.
 * Böck, Krebs & Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR, 2012, section 2.2.
 */
export function pickPeaks(curve: ArrayLike<number>, rule: PeakRule): number[] {
  const sums = new Float64Array(curve.length + 1);
  for (let n = 0; n < curve.length; n++) sums[n + 1] = sums[n] + curve[n];
  const peaks: number[] = [];
  let previous = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < curve.length; n++) {
    if (n - previous <= rule.wait) continue;
    const start = Math.max(0, n - rule.meanBefore);
    const stop = Math.min(curve.length, n + rule.meanAfter + 1);
    if (curve[n] < (sums[stop] - sums[start]) / (stop - start) + rule.delta) continue;
    if (!isGreatest(curve, n, rule.maxBefore, rule.maxAfter)) continue;
    peaks.push(n);
    previous = n;
  }
  return peaks;
}

/** Whether nothing within the span is greater; of equal samples the first is the greatest. */
export function isGreatest(curve: ArrayLike<number>, n: number, before: number, after: number): boolean {
  const stop = Math.min(curve.length - 1, n + after);
  for (let other = Math.max(0, n - before); other <= stop; other++) {
    if (curve[other] > curve[n] || (curve[other] === curve[n] && other < n)) return false;
  }
  return true;
}

/**
 * How far from the middle one, in samples, the parabola through three equidistant values has its extremum: within [-0.5, 0.5]
 * where the middle value is the greatest; 0 on a straight line. Smith & Serra, "PARSHL", ICMC, 1987.
 */
export function parabolicOffset(left: number, middle: number, right: number): number {
  const curvature = left - 2 * middle + right;
  if (!(curvature < 0)) return 0;
  return Math.max(-0.5, Math.min(0.5, (left - right) / (2 * curvature)));
}

/** The value of that parabola at the offset. */
export function parabolicHeight(left: number, middle: number, right: number, offset: number): number {
  return middle - 0.25 * (left - right) * offset;
}
