/** Tempo, meter, beats, downbeats, onsets and swing. */
import { z } from "zod";
import type { TempoRange } from "../dsp/bar-pointer.ts";
import { findPulse, type Pulse } from "../dsp/pulse.ts";
import { swingRatio } from "../dsp/swing.ts";
import { AppError } from "../errors.ts";
import type { BeatTrack } from "../features/beat-track.ts";
import { defineAgent } from "./agent.ts";
import { tempoStability } from "./beat-intervals.ts";
import { type Calibrate, calibrated, chanceDescription } from "./calibration.ts";
import { onsetTimes } from "./onset-times.ts";
import { round } from "./rounding.ts";
import { meterEvidence, tempoEvidence, whyUncertain } from "./tempo-confidence.ts";
import { tempoCurve } from "./tempo-curve.ts";

/** Limits of the range where only one end of it is asked for, BPM. */
const MIN_BPM = 30;
const MAX_BPM = 300;
const MIN_SECONDS = 2;
/** Fewer onsets make no tempo. */
const MIN_ONSETS = 4;
const SAME_TEMPO = 0.04;

const tempoLimit = z.number().min(20).max(400).optional();
const times = z.array(z.number());

/**
 * Beats, tempo and bars by hidden Markov models (dsp/pulse.ts) over the activations of a network (features/beat-track.ts), onsets by
 * peak picking. Material without a pulse has null tempo, no beats, and the reason in `why_uncertain`.
 */
export const rhythm = defineAgent({
  name: "rhythm",
  version: 3,
  description:
    "Estimates tempo and meter with rivals and confidences, tracks beats, downbeats and onsets (seconds), " +
    "measures swing. Half and double tempo are usual confusions; set min_tempo_bpm or max_tempo_bpm if known.",
  needs: ["signalLevel", "beatTrack"],
  output: z.object({
    tempo_bpm: z.number().nullable(),
    tempo_candidates: z
      .array(z.object({ tempo_bpm: z.number(), weight: z.number() }))
      .describe("Likeliest first; weights sum to 1"),
    confidence: z.number().min(0).max(1).describe(chanceDescription("tempo", "that tempo_bpm is right within 4 %")),
    meter: z.number().int().nullable().describe("Beats per bar"),
    meter_candidates: z.array(z.object({ beats_per_bar: z.number(), weight: z.number() })),
    meter_confidence: z.number().min(0).max(1).describe(chanceDescription("meter", "that meter is right")),
    why_uncertain: z.string().nullable(),
    tempo_stability: z.number().min(0).max(1).nullable().describe("Share of beat intervals within 5 % of their median"),
    swing_ratio: z
      .number()
      .nullable()
      .describe("First eighth note over second: 1 straight, 2 triplets; null: see why_no_swing"),
    why_no_swing: z.string().nullable(),
    beat_count: z.number().int().nonnegative(),
    onset_count: z.number().int().nonnegative(),
    beat_times_seconds: times,
    downbeat_times_seconds: times,
    onset_times_seconds: times,
    tempo_curve: z.object({ hop_seconds: z.number(), bpm: z.array(z.number().nullable()) }),
  }),
  series: {
    beat_times_seconds: "times",
    downbeat_times_seconds: "times",
    onset_times_seconds: "times",
    tempo_curve: "sampled",
  },
  engines: ["beat_this"],
  parameters: z.object({
    min_tempo_bpm: tempoLimit,
    max_tempo_bpm: tempoLimit,
  }),

  /** @throws AppError invalid_input when the slowest tempo asked for is not below the fastest. */
  analyse({ signalLevel, beatTrack }, parameters, calibrate = calibrated) {
    const range = tempoRange(parameters.min_tempo_bpm, parameters.max_tempo_bpm);
    const durationSeconds = signalLevel.sampleCount / signalLevel.sampleRate;
    const isSilent = signalLevel.sumOfSquares === 0;
    const onsets = isSilent ? [] : onsetTimes(beatTrack, durationSeconds);
    const reason = whyNoTempo(isSilent, durationSeconds, onsets.length);
    const pulse = reason === null ? pulseIn(range, beatTrack) : null;
    const beats = pulse === null ? [] : pulse.beats.filter((time) => time < durationSeconds);
    const downbeats = pulse === null ? [] : pulse.downbeats.filter((time) => time < durationSeconds);
    const swing = swingRatio(beats, onsets);
    const estimate =
      pulse === null
        ? withoutPulse(reason ?? "The onsets follow no steady pulse.")
        : withPulse(pulse, likelierPulse(pulse, beatTrack, range), durationSeconds, calibrate);
    return {
      ...estimate,
      why_uncertain: beatTrack.isOwn ? estimate.why_uncertain : uncalibrated(estimate.why_uncertain),
      swing_ratio: swing === null ? null : round(swing, 2),
      why_no_swing: swing === null ? "Too few beats are parted in two by one onset, or in different ways." : null,
      beat_count: beats.length,
      onset_count: onsets.length,
      beat_times_seconds: beats.map(onWire),
      downbeat_times_seconds: downbeats.map(onWire),
      onset_times_seconds: onsets.map(onWire),
      tempo_curve: tempoCurve(beats, durationSeconds),
    };
  },
});

/** The range asked for, null for none; a limit given alone beyond the other's default moves that one out of its way. */
function tempoRange(minBpm: number | undefined, maxBpm: number | undefined): TempoRange | null {
  if (minBpm === undefined && maxBpm === undefined) return null;
  const min = minBpm ?? Math.min(MIN_BPM, (maxBpm ?? MAX_BPM) / 2);
  const max = maxBpm ?? Math.max(MAX_BPM, 2 * min);
  if (min < max) return { minBpm: min, maxBpm: max };
  throw new AppError(
    "invalid_input",
    `min_tempo_bpm is ${min} and max_tempo_bpm is ${max}; expected the first to be lower. Swap or widen them.`,
  );
}

function whyNoTempo(isSilent: boolean, durationSeconds: number, onsets: number): string | null {
  if (isSilent) return "The file is digital silence.";
  if (durationSeconds < MIN_SECONDS) {
    return `The recording lasts ${durationSeconds.toFixed(2)} s; a tempo needs at least ${MIN_SECONDS} s.`;
  }
  if (onsets < MIN_ONSETS) return `There are ${onsets} onsets; a tempo needs at least ${MIN_ONSETS}.`;
  return null;
}

/** The pulse at the tempo that listeners tap where that is in the range, else the likeliest in it. */
function pulseIn(range: TempoRange | null, track: BeatTrack): Pulse | null {
  const isFree = range === null || (track.pulse !== null && isWithin(range, track.pulse.tempoBpm));
  return isFree ? track.pulse : findPulse(track, range);
}

function isWithin({ minBpm, maxBpm }: TempoRange, bpm: number): boolean {
  return bpm >= minBpm && bpm <= maxBpm;
}

/** The pulse that is found without the range; null where its tempo is the same. */
function likelierPulse({ tempoBpm }: Pulse, track: BeatTrack, range: TempoRange | null): Pulse | null {
  if (range === null || track.pulse === null) return null;
  return Math.abs(tempoBpm / track.pulse.tempoBpm - 1) < SAME_TEMPO ? null : track.pulse;
}

function withPulse(pulse: Pulse, likelier: Pulse | null, durationSeconds: number, calibrate: Calibrate) {
  const chanceOf = (one: Pulse) => calibrate("tempo", tempoEvidence(one, tempoStability(one.beats), durationSeconds));
  const stability = tempoStability(pulse.beats);
  // What a range forces upon the answer is right at most where the likelier tempo is wrong.
  const tempo = likelier === null ? chanceOf(pulse) : (round(1 - chanceOf(likelier), 2) ?? 0);
  const meter = calibrate("meter", meterEvidence(pulse));
  return {
    tempo_bpm: round(pulse.tempoBpm, 2),
    tempo_candidates: pulse.tempi.map((candidate, rank) => ({
      tempo_bpm: round(rank === 0 ? pulse.tempoBpm : candidate.bpm, 2) ?? 0,
      weight: round(candidate.weight, 3) ?? 0,
    })),
    confidence: tempo,
    meter: pulse.meters[0]?.beatsPerBar ?? null,
    meter_candidates: pulse.meters.map(({ beatsPerBar, weight }) => ({
      beats_per_bar: beatsPerBar,
      weight: round(weight, 3) ?? 0,
    })),
    meter_confidence: meter,
    why_uncertain:
      likelier === null
        ? whyUncertain(pulse, { tempo, meter }, durationSeconds, stability)
        : `Outside of the range asked for, ${likelier.tempoBpm.toFixed(1)} BPM is likelier.`,
    tempo_stability: round(stability, 3),
  };
}

function withoutPulse(reason: string) {
  return {
    tempo_bpm: null,
    tempo_candidates: [],
    confidence: 0,
    meter: null,
    meter_candidates: [],
    meter_confidence: 0,
    why_uncertain: reason,
    tempo_stability: null,
  };
}

/** Confidences are measured chances only with the activations that they were measured with. */
function uncalibrated(reason: string | null): string {
  return ["Confidences are not calibrated for this engine.", ...(reason === null ? [] : [reason])].join(" ");
}

function onWire(seconds: number): number {
  return round(seconds, 4) ?? 0;
}
