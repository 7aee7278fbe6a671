/** How even a series of beats is. */
import { median } from "../dsp/statistics.ts";

const STEADY_INTERVAL = 0.05;

/** The share of the intervals between beats (seconds, ascending) that are within 5 % of their median; 0 for under two. */
export function tempoStability(beats: readonly number[]): number {
  if (beats.length < 2) return 0;
  const intervals = beats.slice(1).map((time, index) => time - beats[index]);
  const middle = median(intervals);
  return intervals.filter((interval) => Math.abs(interval / middle - 1) <= STEADY_INTERVAL).length / intervals.length;
}
