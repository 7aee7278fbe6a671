import { type Detection, matchEvents } from "./event-matching.ts";

const WINDOW_SECONDS = 0.05;

/**
 * Onsets right within 50 ms. mir_eval.onset.f_measure; Böck, Krebs & Schedl, "Evaluating the Online Capabilities of Onset
 * Detection Methods", ISMIR 2012. Times in seconds, in any order; an empty side gives 0.
 */
export function onsetDetection(reference: readonly number[], estimated: readonly number[]): Detection {
  return matchEvents(reference, estimated, WINDOW_SECONDS);
}
