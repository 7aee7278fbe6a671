/** Which part of a recording a preview is of. */
import { AppError } from "../errors.ts";
import type { Measurement } from "./measure-loudness.ts";

/** Short-term loudness is of windows of 3 s, one every 0.1 s (EBU Tech 3341). */
const WINDOW_SECONDS = 3;
const HOP_SECONDS = 0.1;

export interface PreviewPart {
  readonly startSeconds: number;
  readonly seconds: number;
}

/**
 * The part of `seconds` from the given start, or the loudest: the one whose windows have the greatest mean power. A recording that is
 * shorter than the preview is taken whole. @throws AppError invalid_input for a start behind the end.
 */
export function previewPart(seconds: number, startSeconds: number | null, measurement: Measurement): PreviewPart {
  const { durationSeconds } = measurement;
  if (startSeconds !== null && startSeconds >= durationSeconds) {
    const message = `The preview's start, ${startSeconds} s, is behind the end: the recording has ${durationSeconds.toFixed(2)} s.`;
    throw new AppError("invalid_input", message);
  }
  const start = startSeconds ?? loudestStart(seconds, measurement);
  return { startSeconds: start, seconds: Math.min(seconds, durationSeconds - start) };
}

function loudestStart(seconds: number, { shortTermLufs, durationSeconds }: Measurement): number {
  const last = Math.max(0, durationSeconds - seconds);
  const windows = Math.max(1, Math.round((seconds - WINDOW_SECONDS) / HOP_SECONDS) + 1);
  const powers = shortTermLufs.map((lufs) => (lufs === null ? 0 : 10 ** (lufs / 10)));
  let sum = powers.slice(0, windows).reduce((total, power) => total + power, 0);
  let best = { sum, hop: 0 };
  for (let hop = 1; hop + windows <= powers.length && hop * HOP_SECONDS <= last; hop++) {
    sum += (powers[hop + windows - 1] ?? 0) - (powers[hop - 1] ?? 0);
    if (sum > best.sum * (1 + 1e-9)) best = { sum, hop };
  }
  return Math.min(last, best.hop * HOP_SECONDS);
}
