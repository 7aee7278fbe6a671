import { type Detection, detection } from "./event-matching.ts";

export type Interval = readonly [start: number, end: number];

/**
 * Intervals (seconds, in any order, none overlapping another of its side) found with both ends right within
 * `toleranceSeconds`, each matched once: event-based scoring with a collar (Mesaros, Heittola & Virtanen, "Metrics for
 * Polyphonic Sound Event Detection", Applied Sciences 6(6), 2016). An empty side gives 0.
 */
export function intervalDetection(
  reference: readonly Interval[],
  estimated: readonly Interval[],
  toleranceSeconds: number,
): Detection {
  const unmatched = byStart(estimated);
  let matched = 0;
  for (const [start, end] of byStart(reference)) {
    const partner = unmatched.findIndex(
      (other) => Math.abs(other[0] - start) <= toleranceSeconds && Math.abs(other[1] - end) <= toleranceSeconds,
    );
    if (partner === -1) continue;
    unmatched.splice(partner, 1);
    matched++;
  }
  return detection(matched, estimated.length, reference.length);
}

function byStart(intervals: readonly Interval[]): Interval[] {
  return intervals.toSorted((a, b) => a[0] - b[0]);
}
