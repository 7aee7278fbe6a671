/** Rounding of results for the wire. */

/**
 * The nearest number with that many decimals, never -0; null where the value is not finite, so that no NaN ever leaves an
 * agent.
 */
export function round(value: number, decimals: number): number | null {
  const scale = 10 ** decimals;
  const rounded = Math.round(value * scale) / scale;
  return Number.isFinite(rounded) ? rounded + 0 : null;
}

/**
 * A time rounded to so many decimals that is never beyond `limit`: where rounding would take it there, the limit, rounded down to
 * microseconds, so that one sample is still more than nothing. Both finite.
 */
export function roundWithin(seconds: number, decimals: number, limit: number): number {
  const rounded = round(seconds, decimals) ?? 0;
  return rounded > 0 && rounded <= limit ? rounded : Math.floor(1e6 * Math.min(seconds, limit)) / 1e6;
}
