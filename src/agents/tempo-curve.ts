/** Tempo along time, from beats. */
import { round } from "./rounding.ts";

const HOP_SECONDS = 1;
/** Beats up to this far before and after a moment make its tempo, seconds. */
const REACH_SECONDS = 3;
const MIN_BEATS = 3;

export interface TempoCurve {
  readonly hop_seconds: number;
  /** BPM at 0, 1, 2 … seconds; null where fewer than three beats are near. */
  readonly bpm: (number | null)[];
}

/** The tempo of every second: the mean interval of the beats within 3 s around it. Beats in seconds, ascending. */
export function tempoCurve(beats: readonly number[], durationSeconds: number): TempoCurve {
  const bpm: (number | null)[] = [];
  let first = 0;
  let end = 0;
  for (let time = 0; time < durationSeconds; time += HOP_SECONDS) {
    while (first < beats.length && beats[first] < time - REACH_SECONDS) first++;
    while (end < beats.length && beats[end] <= time + REACH_SECONDS) end++;
    const count = end - first;
    const isNear = count >= MIN_BEATS && beats[first] <= time + 1 && beats[end - 1] >= time - 1;
    bpm.push(isNear ? round((60 * (count - 1)) / (beats[end - 1] - beats[first]), 2) : null);
  }
  return { hop_seconds: HOP_SECONDS, bpm };
}
