import { type Detection, matchEvents } from "./event-matching.ts";

export interface Section {
  readonly start: number;
  readonly end: number;
}

/** mir_eval rounds boundaries before it removes duplicates. */
const DECIMALS = 5;

/**
 * Section boundaries right within `windowSeconds` (0.5 and 3 are usual). mir_eval.segment.detection; Turnbull et al., "A Supervised
 * Approach for Detecting Boundaries in Music Using Difference Features and Boosting", ISMIR 2007.
 *
 * Boundaries are all starts and ends, each once. With `trim`, the first and last (start and end of the recording, which are
 * easy) do not count. An empty side gives 0.
 */
export function boundaryDetection(
  reference: readonly Section[],
  estimated: readonly Section[],
  windowSeconds: number,
  trim = false,
): Detection {
  const [referenceTimes, estimatedTimes] = [boundaries(reference), boundaries(estimated)];
  if (!trim) return matchEvents(referenceTimes, estimatedTimes, windowSeconds);
  return matchEvents(referenceTimes.slice(1, -1), estimatedTimes.slice(1, -1), windowSeconds);
}

function boundaries(sections: readonly Section[]): number[] {
  const times = sections.flatMap(({ start, end }) => [start, end]);
  return [...new Set(times.map((time) => Number(time.toFixed(DECIMALS))))].sort((a, b) => a - b);
}
