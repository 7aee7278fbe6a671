/** The contract of voice activity detection, and from its probabilities to segments of speech. */
import type { FoundModel } from "../models/model-library.ts";

export interface VoiceActivity {
  readonly engine: "silero" | "energy";
  /** Null for the engine without one. */
  readonly model: FoundModel | null;
  /** `[frame]`: chance that frame k, from `k · hopSeconds` on, is speech, in [0, 1]. */
  readonly probabilities: Float32Array;
  readonly hopSeconds: number;
  readonly durationSeconds: number;
  /** What the user should know of this result. */
  readonly notes: readonly string[];
}

export interface SpeechSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Mean of its frames. */
  readonly probability: number;
}

export interface SegmentOptions {
  /** Speech begins at this probability, and ends below it less the hysteresis. */
  readonly threshold: number;
  readonly minSilenceSeconds: number;
  readonly minSpeechSeconds: number;
}

/** As Silero's own `get_speech_timestamps` has them. */
const HYSTERESIS = 0.15;
const PADDING_SECONDS = 0.03;

/**
 * Segments of speech in order, without overlap, within the recording. A pause shorter than `minSilenceSeconds` belongs to the speech
 * around it; speech shorter than `minSpeechSeconds` is dropped; 30 ms are added at both ends. Emptiness gives none.
 */
export function speechSegments(
  { probabilities, hopSeconds, durationSeconds }: VoiceActivity,
  { threshold, minSilenceSeconds, minSpeechSeconds }: SegmentOptions,
): SpeechSegment[] {
  const runs: { from: number; to: number }[] = [];
  let from = -1;
  for (let frame = 0; frame <= probabilities.length; frame++) {
    const probability = frame < probabilities.length ? probabilities[frame] : Number.NEGATIVE_INFINITY;
    if (from < 0 && probability >= threshold) from = frame;
    if (from < 0 || probability >= threshold - HYSTERESIS) continue;
    const last = runs.at(-1);
    if (last !== undefined && (from - last.to) * hopSeconds < minSilenceSeconds) last.to = frame;
    else runs.push({ from, to: frame });
    from = -1;
  }
  const long = runs.filter((run) => (run.to - run.from) * hopSeconds >= minSpeechSeconds);
  return long.map((run, index) => {
    const earliest = index === 0 ? 0 : (long[index - 1].to * hopSeconds + run.from * hopSeconds) / 2;
    const next = long.at(index + 1);
    const latest = next === undefined ? durationSeconds : (run.to * hopSeconds + next.from * hopSeconds) / 2;
    return {
      startSeconds: Math.max(earliest, run.from * hopSeconds - PADDING_SECONDS),
      endSeconds: Math.min(latest, run.to * hopSeconds + PADDING_SECONDS),
      probability: meanOf(probabilities.subarray(run.from, run.to)),
    };
  });
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
