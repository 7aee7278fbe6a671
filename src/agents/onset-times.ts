/** Onsets from the onset activation. */
import { pickPeaks } from "../dsp/peaks.ts";
import { peakTime } from "../dsp/pulse.ts";
import type { BeatTrack } from "../features/beat-track.ts";

/** A peak among its neighbours, 40 ms from the one before, at least this likely. */
const ONSET_RULE = { maxBefore: 1, maxAfter: 1, meanBefore: 0, meanAfter: 0, delta: 0, wait: 1 };
const MIN_CHANCE = 0.3;

/**
 * The times of note and drum onsets, seconds, ascending: peaks of the onset activation (Böck, Krebs & Schedl, "Evaluating the
 * online capabilities of onset detection methods", ISMIR, 2012).
 */
export function onsetTimes({ onset, hopSeconds }: BeatTrack, durationSeconds: number): number[] {
  return pickPeaks(onset, ONSET_RULE)
    .filter((frame) => onset[frame] >= MIN_CHANCE)
    .map((frame) => peakTime(onset, frame, hopSeconds))
    .filter((time) => time < durationSeconds);
}
