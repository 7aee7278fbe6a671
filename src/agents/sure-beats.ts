/** Beats and downbeats that other analyses may rely on. */
import type { Pulse } from "../dsp/pulse.ts";
import type { BeatTrack } from "../features/beat-track.ts";
import { tempoStability } from "./beat-intervals.ts";
import { calibrated } from "./calibration.ts";
import { meterEvidence, tempoEvidence } from "./tempo-confidence.ts";

/** What is right with this chance counts; the level at which the rhythm agent is certain. */
const SURE = 0.7;

/** The beat times in seconds, ascending; none where the tempo is not sure, as in silence. */
export function sureBeats({ pulse }: BeatTrack, durationSeconds: number): number[] {
  if (pulse === null || !isTempoSure(pulse, durationSeconds)) return [];
  return pulse.beats.filter((time) => time < durationSeconds);
}

/** The times of the downbeats in seconds, ascending; none where tempo or meter is not sure. */
export function sureDownbeats({ pulse }: BeatTrack, durationSeconds: number): number[] {
  if (pulse === null || !isTempoSure(pulse, durationSeconds)) return [];
  if (calibrated("meter", meterEvidence(pulse)) < SURE) return [];
  return pulse.downbeats.filter((time) => time < durationSeconds);
}

function isTempoSure(pulse: Pulse, durationSeconds: number): boolean {
  return calibrated("tempo", tempoEvidence(pulse, tempoStability(pulse.beats), durationSeconds)) >= SURE;
}
