import { type Detection, matchEvents } from "./event-matching.ts";

const WINDOW_SECONDS = 0.07;
const TRIM_SECONDS = 5;

/**
 * Beats (or downbeats, or any pulse) right within 70 ms, the first five seconds left out, because listeners need them to
 * find the beat too. mir_eval.beat.trim_beats and f_measure; Davies, Degara & Plumbley, "Evaluation Methods for Musical Audio
 * Beat Tracking Algorithms", Queen Mary University of London, C4DM-TR-09-06, 2009.
 *
 * Times in seconds, in any order. No beats after the first five seconds on either side give 0.
 */
export function beatDetection(reference: readonly number[], estimated: readonly number[]): Detection {
  return matchEvents(trimBeats(reference), trimBeats(estimated), WINDOW_SECONDS);
}

/** Times from five seconds on. */
export function trimBeats(times: readonly number[]): number[] {
  return times.filter((time) => time >= TRIM_SECONDS);
}
