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
