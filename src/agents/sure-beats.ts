/** Beats that other analyses may rely on. */
import { trackBeats } from "../dsp/beat-tracking.ts";
import { estimateTempo } from "../dsp/tempo.ts";
import type { OnsetStrength } from "../features/onset-strength.ts";
import { tempoConfidence } from "./tempo-confidence.ts";

const MIN_BPM = 40;
const MAX_BPM = 220;
const TIGHTNESS = 300;
/** Beats count when the tempo is right with this chance, the level at which the rhythm agent is certain. */
const SURE = 0.7;

/** The beat times in seconds, ascending; none where the tempo is not sure, as in silence. */
export function sureBeats(onsetStrength: OnsetStrength, durationSeconds: number): number[] {
  const { strength, hopSeconds, delaySeconds } = onsetStrength;
  const candidates = estimateTempo(strength, 1 / hopSeconds, MIN_BPM, MAX_BPM);
  if (tempoConfidence(candidates, durationSeconds) < SURE) return [];
  const frames = trackBeats(strength, 60 / (candidates[0].bpm * hopSeconds), TIGHTNESS);
  return frames.map((frame) => frame * hopSeconds + delaySeconds);
}
