/** From windows that are more or less like speech, music and other sound to segments. */
import { percentile } from "../dsp/statistics.ts";
import { bestPath } from "../dsp/viterbi.ts";
import type { QuietWindows } from "../features/quiet-windows.ts";
import { WINDOW_HOP_SECONDS } from "./speech-activity-features.ts";
import { KINDS, type Kind } from "./speech-activity-model.ts";

/** Shorter pauses belong to what is around them. */
const MIN_SILENCE_SECONDS = 0.5;
/** Silence is this far below the loud parts (95th percentile of 10 ms), within absolute bounds, dB and dBFS. */
const SILENCE_RANGE_DB = 45;
const SILENCE_DBFS = { lowest: -75, highest: -50 };
/** What a change of kind costs, in units of log probability. */
const CHANGE_COST = 2;
/** Four windows see each moment, so each has a say of a quarter. */
const INDEPENDENCE = 1 / 4;
const LEAST_PROBABILITY = 1e-4;

export interface Stretch {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface ActivitySegment extends Stretch {
  readonly kind: Kind | "silence";
  /** Chance that the kind is right. */
  readonly confidence: number;
}

/** Stretches of at least 0.5 s in which all 10 ms windows are silent, in order; a file that is silent throughout is one. */
export function silences({ rmsDbfs, windowSeconds, durationSeconds }: QuietWindows): Stretch[] {
  const relative = percentile(rmsDbfs, 95) - SILENCE_RANGE_DB;
  // NaN, as for digital silence, becomes the lowest bound.
  const bound = Math.max(SILENCE_DBFS.lowest, Math.min(SILENCE_DBFS.highest, relative || SILENCE_DBFS.lowest));
  const stretches: Stretch[] = [];
  let start = 0;
  for (let window = 0; window <= rmsDbfs.length; window++) {
    if (window < rmsDbfs.length && rmsDbfs[window] < bound) continue;
    const endSeconds = Math.min(durationSeconds, window * windowSeconds);
    const isWhole = start === 0 && window === rmsDbfs.length;
    if (window > start && (isWhole || endSeconds - start * windowSeconds >= MIN_SILENCE_SECONDS)) {
      stretches.push({ startSeconds: start * windowSeconds, endSeconds });
    }
    start = window + 1;
  }
  return stretches;
}

/**
 * Segments without gaps from 0 to the end: silences as given, and between them the best path (Viterbi) through the kinds.
 * `probabilities` is `[window][kind]` flat, one window every 0.5 s, all 0 where nothing sounds; no confidence but
 * that of silence exceeds `mostConfidence`.
 */
export function activitySegments(
  probabilities: Float64Array,
  pauses: readonly Stretch[],
  durationSeconds: number,
  mostConfidence: number,
): ActivitySegment[] {
  const scores = probabilities.map((value) => INDEPENDENCE * Math.log(Math.max(LEAST_PROBABILITY, value)));
  const path = bestPath(scores, KINDS.length, CHANGE_COST);
  const segments: ActivitySegment[] = [];
  let from = 0;
  for (const pause of [...pauses, { startSeconds: durationSeconds, endSeconds: durationSeconds }]) {
    if (pause.startSeconds > from) segments.push(...soundingSegments(path, probabilities, from, pause.startSeconds));
    if (pause.endSeconds > pause.startSeconds) segments.push({ ...pause, kind: "silence", confidence: 1 });
    from = pause.endSeconds;
  }
  return segments.map((segment) =>
    segment.kind === "silence" ? segment : { ...segment, confidence: Math.min(mostConfidence, segment.confidence) },
  );
}

/** The runs of the path between two times. */
function soundingSegments(path: Int32Array, probabilities: Float64Array, from: number, to: number): ActivitySegment[] {
  const segments: ActivitySegment[] = [];
  const first = Math.min(path.length - 1, Math.floor(from / WINDOW_HOP_SECONDS));
  const end = Math.max(first + 1, Math.min(path.length, Math.ceil(to / WINDOW_HOP_SECONDS)));
  let begin = first;
  for (let window = first + 1; window <= end; window++) {
    if (window < end && path[window] === path[begin]) continue;
    segments.push({
      startSeconds: begin === first ? from : begin * WINDOW_HOP_SECONDS,
      endSeconds: window === end ? to : window * WINDOW_HOP_SECONDS,
      kind: KINDS[path[begin]],
      confidence: meanProbability(probabilities, path[begin], begin, window),
    });
    begin = window;
  }
  return segments;
}

function meanProbability(probabilities: Float64Array, kind: number, from: number, to: number): number {
  let sum = 0;
  for (let window = from; window < to; window++) sum += probabilities[window * KINDS.length + kind];
  return sum / (to - from);
}
