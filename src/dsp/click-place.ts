/** Whether a sample with a sudden bend belongs to a click: a few samples that do not fit what is on both sides. */
import { interpolated, matchedError, predictionError, predictionErrorFilter } from "./linear-prediction.ts";

const ORDER = 24;
/** Around the bend; what lies here is left out of the model and of the background. */
const RADIUS = 20;
const MAX_SAMPLES = 25;
/** Both edges of a click fit about as little; where one fits this much less, growing finds it. */
const EDGE = 0.5;
/** The click must stand out of the third strongest of the other stretches of 2 ms by this much: pulses that repeat do not. */
const MIN_PROMINENCE = 8;
/** How the prediction error may change from the 8 ms before to the 8 ms after, and the level of the frame: an attack or an end changes more. */
const MAX_ERROR_CHANGE = 2.5;
const MAX_LEVEL_CHANGE = 3;
const NEAR_SECONDS = 0.008;
/** One and a half steps of 16 bits: less is rounding. */
const ROUNDING = 5e-5;

/** A click, in samples of the frame. */
export interface ClickPlace {
  readonly start: number;
  readonly end: number;
  /** Greatest distance from the samples that would fit, 1 is full scale. */
  readonly amplitude: number;
  /** The amplitude over the RMS of the frame. */
  readonly overLevel: number;
}

/**
 * The click at sample `centre` of a frame of 80 ms (its position in it may vary at the ends of a signal), or null. The rest of
 * the frame gives a linear prediction; the click is the shortest stretch, of at most 25 samples, that can be interpolated so
 * that no error is left above the background. A step, an attack and the end of a note cannot: the signal does not go on
 * as it was. Godsill & Rayner, "Digital Audio Restoration", Springer, 1998, chapters 5 and 9; Vaseghi, "Advanced Digital Signal
 * Processing and Noise Reduction", 4th edition, Wiley, 2008, chapter 13.
 */
export function clickAt(frame: Float64Array, centre: number, sampleRate: number): ClickPlace | null {
  const [from, to] = [centre - RADIUS, centre + RADIUS + 1];
  if (from < 4 * ORDER || to > frame.length - 4 * ORDER) return null;
  if (hasChanged(frame, from, to, frame.length, MAX_LEVEL_CHANGE)) return null;
  const filter = predictionErrorFilter(bridged(frame, from, to), ORDER);
  const near = Math.round(NEAR_SECONDS * sampleRate);
  // Most bends are no clicks, and what is nearby shows that of nearly all of them.
  if (prominent(frame, filter, from, to, near, sampleRate) === null) return null;
  const found = prominent(frame, filter, from, to, frame.length, sampleRate);
  if (found === null) return null;
  const { error, matched, top } = found;
  if (hasChanged(error, from, to + ORDER, near, MAX_ERROR_CHANGE)) return null;
  const background = thirdGreatestPeak(error, from, to + ORDER, sampleRate);
  const isEdge = (n: number) => Math.abs(matched[n]) >= EDGE * Math.abs(matched[top]);
  let [start, end] = [top, top + 1];
  for (let n = from; n < to; n++) if (isEdge(n)) [start, end] = [Math.min(start, n), Math.max(end, n + 1)];
  return shortestClick(frame, filter, start, end, background + ROUNDING);
}

interface Errors {
  readonly error: Float64Array;
  readonly matched: Float64Array;
  /** Where the matched error is greatest in [from, to). */
  readonly top: number;
}

/** The errors up to `reach` samples around [from, to), 0 elsewhere; null where the greatest does not stand out of them. */
function prominent(
  frame: Float64Array,
  filter: Float64Array,
  from: number,
  to: number,
  reach: number,
  sampleRate: number,
): Errors | null {
  const [first, end] = [Math.max(ORDER, from - reach), Math.min(frame.length, to + reach)];
  const error = predictionError(frame, filter, first, end);
  // Only where all that makes it is known, so that no background is taken for more than it is.
  const matched = matchedError(error, filter, first > ORDER ? first : 0, end < frame.length ? end - ORDER : end);
  const background = thirdGreatestPeak(matched, from - ORDER, to + ORDER, sampleRate);
  const top = indexOfGreatest(matched, from, to);
  const power = filter.reduce((sum, value) => sum + value * value, 0);
  return Math.abs(matched[top]) < MIN_PROMINENCE * (background + power * ROUNDING) ? null : { error, matched, top };
}

/** Grows to the side that fits less until what is left stays below the background. */
function shortestClick(
  frame: Float64Array,
  filter: Float64Array,
  firstStart: number,
  firstEnd: number,
  background: number,
): ClickPlace | null {
  // All that is looked at: a crackling record has thousands of clicks, and each is tried a few times.
  const offset = firstStart - 4 * ORDER;
  const near = frame.slice(offset, firstEnd + 4 * ORDER);
  let [start, end] = [firstStart - offset, firstEnd - offset];
  while (end - start <= MAX_SAMPLES) {
    const repaired = interpolated(near, filter, start, end);
    const error = predictionError(repaired, filter, start - 2, end + 2 + 2 * ORDER);
    const left = error[indexOfGreatest(error, start - 2, end + 1 + ORDER)];
    if (Math.abs(left) < background) {
      return clickOf(frame, repaired.subarray(start, end), start + offset, end + offset);
    }
    const matched = (n: number) => Math.abs(filter.reduce((sum, value, k) => sum + value * error[n + k], 0));
    const isLeft = Math.max(matched(start - 1), matched(start - 2)) > Math.max(matched(end), matched(end + 1));
    if (isLeft) start--;
    else end++;
  }
  return null;
}

function clickOf(frame: Float64Array, samples: Float64Array, start: number, end: number): ClickPlace {
  const repaired = frame.slice();
  repaired.set(samples, start);
  let amplitude = 0;
  for (let n = start; n < end; n++) amplitude = Math.max(amplitude, Math.abs(frame[n] - repaired[n]));
  return { start, end, amplitude, overLevel: amplitude / (rms(repaired, 0, repaired.length) + ROUNDING) };
}

/** The frame with a straight line in place of [from, to). */
function bridged(frame: Float64Array, from: number, to: number): Float64Array {
  const result = frame.slice();
  const [left, right] = [frame[from - 1], frame[to]];
  for (let n = from; n < to; n++) result[n] = left + ((right - left) * (n - from + 1)) / (to - from + 1);
  return result;
}

/** Of the greatest absolute values of each 2 ms outside of [from, to), the third: one other click fills two. */
function thirdGreatestPeak(values: Float64Array, from: number, to: number, sampleRate: number): number {
  const length = 2 * millisecond(sampleRate);
  const peaks: number[] = [];
  for (let start = 0; start + length <= values.length; start += length) {
    let peak = 0;
    for (let n = start; n < start + length; n++) if (n < from || n >= to) peak = Math.max(peak, Math.abs(values[n]));
    peaks.push(peak);
  }
  return peaks.sort((a, b) => b - a)[2] ?? 0;
}

/** Samples of a millisecond, at least 8. */
export function millisecond(sampleRate: number): number {
  return Math.max(8, Math.round(sampleRate / 1000));
}

/** Whether the RMS of up to `near` samples before and after [from, to) differs by more than a factor. */
function hasChanged(values: Float64Array, from: number, to: number, near: number, most: number): boolean {
  const [before, after] = [rms(values, from - Math.round(near), from), rms(values, to, to + Math.round(near))];
  return after + 2 * ROUNDING > most * (before + 2 * ROUNDING) || before + 2 * ROUNDING > most * (after + 2 * ROUNDING);
}

function rms(values: Float64Array, from: number, to: number): number {
  const [start, end] = [Math.max(0, from), Math.min(values.length, to)];
  let sum = 0;
  for (let n = start; n < end; n++) sum += values[n] * values[n];
  return Math.sqrt(sum / Math.max(1, end - start));
}

function indexOfGreatest(values: Float64Array, from: number, to: number): number {
  let greatest = from;
  for (let n = from; n < Math.min(to, values.length); n++) {
    if (Math.abs(values[n]) > Math.abs(values[greatest])) greatest = n;
  }
  return greatest;
}
