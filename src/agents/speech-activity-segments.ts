/** From windows that are more or less like speech, music and other sound to segments. */
import { percentile } from "../dsp/statistics.ts";
import { bestPath } from "../dsp/viterbi.ts";
import type { QuietWindows } from "../features/quiet-windows.ts";
import type { KindEvidence } from "./speech-activity-evidence.ts";
import { KINDS, type Kind } from "./speech-activity-model.ts";

/** Shorter pauses belong to what is around them. */
const MIN_SILENCE_SECONDS = 0.5;
/** Silence is this far below the loud parts (95th percentile of 10 ms), within absolute bounds, dB and dBFS. */
const SILENCE_RANGE_DB = 45;
const SILENCE_DBFS = { lowest: -75, highest: -50 };
/** What a change of kind costs, in units of log probability. */
const CHANGE_COST = 2;

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
 * No confidence but that of silence exceeds `mostConfidence`.
 */
export function activitySegments(
  evidence: KindEvidence,
  pauses: readonly Stretch[],
  durationSeconds: number,
  mostConfidence: number,
): ActivitySegment[] {
  const path = bestPath(evidence.scores, KINDS.length, CHANGE_COST);
  const segments: ActivitySegment[] = [];
  let from = 0;
  for (const pause of [...pauses, { startSeconds: durationSeconds, endSeconds: durationSeconds }]) {
    if (pause.startSeconds > from) segments.push(...soundingSegments(path, evidence, from, pause.startSeconds));
    if (pause.endSeconds > pause.startSeconds) segments.push({ ...pause, kind: "silence", confidence: 1 });
    from = pause.endSeconds;
  }
  return segments.map((segment) =>
    segment.kind === "silence" ? segment : { ...segment, confidence: Math.min(mostConfidence, segment.confidence) },
  );
}

/** The runs of the path between two times. */
function soundingSegments(
  path: Int32Array,
  { hopSeconds, chances }: KindEvidence,
  from: number,
  to: number,
): ActivitySegment[] {
  const segments: ActivitySegment[] = [];
  const first = Math.min(path.length - 1, Math.floor(from / hopSeconds));
  const end = Math.max(first + 1, Math.min(path.length, Math.ceil(to / hopSeconds)));
  let begin = first;
  for (let step = first + 1; step <= end; step++) {
    if (step < end && path[step] === path[begin]) continue;
    segments.push({
      startSeconds: begin === first ? from : begin * hopSeconds,
      endSeconds: step === end ? to : step * hopSeconds,
      kind: KINDS[path[begin]],
      confidence: meanChance(chances, path[begin], begin, step),
    });
    begin = step;
  }
  return segments;
}

function meanChance(chances: Float64Array, kind: number, from: number, to: number): number {
  let sum = 0;
  for (let step = from; step < to; step++) sum += chances[step * KINDS.length + kind];
  return sum / (to - from);
}
