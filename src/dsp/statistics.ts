/** Moments and order statistics of plain arrays. */

/** Arithmetic mean; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let n = 0; n < values.length; n++) sum += values[n];
  return sum / values.length;
}

/** Population standard deviation (divided by the count, as numpy.std); NaN for no values. Two passes, so no cancellation. */
export function standardDeviation(values: ArrayLike<number>): number {
  const centre = mean(values);
  let sum = 0;
  for (let n = 0; n < values.length; n++) sum += (values[n] - centre) * (values[n] - centre);
  return Math.sqrt(sum / values.length);
}

/**
 * The value below which a share of the values lies, interpolated linearly between order statistics (numpy's default,
 * Hyndman & Fan, "Sample quantiles in statistical packages", The American Statistician 50(4), 1996, type 7).
 * `percent` is 0 to 100. NaN for no values. The values are not changed.
 */
export function percentile(values: ArrayLike<number>, percent: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = new Float64Array(values).sort();
  const position = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** The middle value; the mean of the two middle ones for an even count; NaN for no values. */
export function median(values: ArrayLike<number>): number {
  return percentile(values, 50);
}
