/** How far a level may be off: as much either way, or so far below and so far above. */
export type Tolerance = number | readonly [below: number, above: number];

/** The distance of a measured level from the expected one, in their unit, at least 0. */
export function levelError(expected: number, measured: number): number {
  return Math.abs(measured - expected);
}

/** Whether a measured level is within a tolerance, such as EBU Tech 3341's ±0.1 LU or -0.4 to +0.2 dB. */
export function isWithinTolerance(expected: number, measured: number, tolerance: Tolerance): boolean {
  const [below, above] = typeof tolerance === "number" ? [-tolerance, tolerance] : tolerance;
  // Levels come rounded to a few decimals; the difference of two such numbers is not exact.
  const difference = Number((measured - expected).toFixed(9));
  return difference >= below && difference <= above;
}
