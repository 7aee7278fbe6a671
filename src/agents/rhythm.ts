/** Tempo, beats and onsets. */
import { z } from "zod";
import { trackBeats } from "../dsp/beat-tracking.ts";
import { parabolicOffset, pickPeaks } from "../dsp/peaks.ts";
import { mean, median } from "../dsp/statistics.ts";
import { estimateTempo, type TempoCandidate } from "../dsp/tempo.ts";
import { AppError } from "../errors.ts";
import type { OnsetStrength } from "../features/onset-strength.ts";
import { defineAgent } from "./agent.ts";
import { round } from "./rounding.ts";
import { LOWEST_CHANCE, tempoConfidence, whyUncertain } from "./tempo-confidence.ts";

const MIN_BPM = 30;
const MAX_BPM = 300;
const MIN_SECONDS = 2;
/** Fewer onsets or beats make no tempo. */
const MIN_EVENTS = 4;
/** Repetition that chance gives: noise stays below. */
const MIN_SALIENCE = 0.1;
/** Weight of an even pulse against strong onsets; of 30 to 1000, 300 and more track best. */
const TIGHTNESS = 300;
/** The beats' own tempo replaces the estimate when they agree. */
const AGREEMENT = 0.04;
const STEADY_INTERVAL = 0.05;
/** Böck et al.'s spans in frames of 23 ms, and the rise that makes an onset (best of 0.02 to 0.15). */
const ONSET_RULE = { maxBefore: 1, maxAfter: 1, meanBefore: 4, meanAfter: 4, delta: 0.07, wait: 1 };

const tempoLimit = (description: string) => z.number().min(20).max(400).optional().describe(description);

interface Beats {
  readonly candidates: readonly TempoCandidate[];
  /** The likelier tempo outside of the range that was asked for, BPM; null when there is none. */
  readonly likelierBpm: number | null;
  readonly times: readonly number[];
  readonly tempoBpm: number;
}

/**
 * Tempo by autocorrelation of the onset strength envelope (dsp/tempo.ts), beats by dynamic programming (dsp/beat-tracking.ts),
 * onsets by peak picking (dsp/peaks.ts); times between frames by parabolic interpolation. Material without a pulse has null
 * tempo, no beats, and the reason in `why_uncertain`.
 */
export const rhythm = defineAgent({
  name: "rhythm",
  version: 2,
  description:
    "Estimates tempo in BPM with rival candidates and a measured confidence, tracks beats and finds onsets, in seconds. " +
    "Half and double tempo are the usual confusions; set min_tempo_bpm or max_tempo_bpm when the range is known.",
  needs: ["signalLevel", "onsetStrength"],
  output: z.object({
    tempo_bpm: z.number().nullable(),
    tempo_candidates: z
      .array(z.object({ tempo_bpm: z.number(), weight: z.number() }))
      .describe("Likeliest first; weights sum to 1"),
    confidence: z.number().min(0).max(1).describe("Measured chance that tempo_bpm is right within 4 %"),
    why_uncertain: z.string().nullable(),
    tempo_stability: z.number().min(0).max(1).nullable().describe("Share of beat intervals within 5 % of their median"),
    beat_count: z.number().int().nonnegative(),
    onset_count: z.number().int().nonnegative(),
    beat_times_seconds: z.array(z.number()),
    onset_times_seconds: z.array(z.number()),
  }),
  series: { beat_times_seconds: "times", onset_times_seconds: "times" },
  parameters: z.object({
    min_tempo_bpm: tempoLimit("Slowest tempo to consider, BPM"),
    max_tempo_bpm: tempoLimit("Fastest tempo to consider, BPM"),
  }),

  /** @throws AppError invalid_input when the slowest tempo asked for is not below the fastest. */
  analyse({ signalLevel, onsetStrength }, parameters) {
    const { min, max } = tempoRange(parameters.min_tempo_bpm, parameters.max_tempo_bpm);
    const durationSeconds = signalLevel.sampleCount / signalLevel.sampleRate;
    const onsets = timesOf(pickPeaks(onsetStrength.strength, ONSET_RULE), onsetStrength, durationSeconds);
    const reason = whyNoTempo(signalLevel.sumOfSquares, durationSeconds, onsets.length);
    const beats = reason === null ? findBeats(onsetStrength, durationSeconds, min, max) : null;
    const onsetTimes = onsets.map(onWire);
    if (beats === null) {
      return {
        tempo_bpm: null,
        tempo_candidates: [],
        confidence: 0,
        why_uncertain: reason ?? "The onsets follow no steady pulse.",
        tempo_stability: null,
        beat_count: 0,
        onset_count: onsets.length,
        beat_times_seconds: [],
        onset_times_seconds: onsetTimes,
      };
    }
    const { likelierBpm } = beats;
    const confidence = likelierBpm === null ? tempoConfidence(beats.candidates, durationSeconds) : LOWEST_CHANCE;
    const stability = tempoStability(beats.times);
    return {
      tempo_bpm: round(beats.tempoBpm, 2),
      tempo_candidates: beats.candidates.map((candidate, rank) => ({
        tempo_bpm: round(rank === 0 ? beats.tempoBpm : candidate.bpm, 2) ?? 0,
        weight: round(candidate.weight, 3) ?? 0,
      })),
      confidence,
      why_uncertain:
        likelierBpm === null
          ? whyUncertain(beats.candidates, confidence, durationSeconds, stability)
          : `Outside of the range asked for, ${likelierBpm.toFixed(1)} BPM is likelier.`,
      tempo_stability: round(stability, 3),
      beat_count: beats.times.length,
      onset_count: onsets.length,
      beat_times_seconds: beats.times.map(onWire),
      onset_times_seconds: onsetTimes,
    };
  },
});

/** A limit given alone beyond the other's default moves that one out of its way. */
function tempoRange(minBpm: number | undefined, maxBpm: number | undefined): { min: number; max: number } {
  const min = minBpm ?? Math.min(MIN_BPM, (maxBpm ?? MAX_BPM) / 2);
  const max = maxBpm ?? Math.max(MAX_BPM, 2 * min);
  if (min < max) return { min, max };
  throw new AppError(
    "invalid_input",
    `min_tempo_bpm is ${min} and max_tempo_bpm is ${max}; expected the first to be lower. Swap or widen them.`,
  );
}

function whyNoTempo(sumOfSquares: number, durationSeconds: number, onsets: number): string | null {
  if (sumOfSquares === 0) return "The file is digital silence.";
  if (durationSeconds < MIN_SECONDS) {
    return `The recording lasts ${durationSeconds.toFixed(2)} s; a tempo needs at least ${MIN_SECONDS} s.`;
  }
  if (onsets < MIN_EVENTS) return `There are ${onsets} onsets; a tempo needs at least ${MIN_EVENTS}.`;
  return null;
}

function findBeats(
  onsetStrength: OnsetStrength,
  durationSeconds: number,
  minBpm: number,
  maxBpm: number,
): Beats | null {
  const { strength, hopSeconds } = onsetStrength;
  const [likeliest] = estimateTempo(strength, 1 / hopSeconds, Math.min(MIN_BPM, minBpm), Math.max(MAX_BPM, maxBpm));
  const candidates = estimateTempo(strength, 1 / hopSeconds, minBpm, maxBpm);
  if (candidates.length === 0 || candidates[0].salience < MIN_SALIENCE) return null;
  const frames = trackBeats(strength, 60 / (candidates[0].bpm * hopSeconds), TIGHTNESS);
  const times = timesOf(frames, onsetStrength, durationSeconds);
  if (times.length < MIN_EVENTS) return null;
  const beatsBpm = 60 / slope(times);
  const agrees = Math.abs(beatsBpm / candidates[0].bpm - 1) < AGREEMENT;
  const isLikeliest = Math.abs(candidates[0].bpm / (likeliest?.bpm ?? 0) - 1) < AGREEMENT;
  const likelierBpm = isLikeliest || likeliest === undefined ? null : likeliest.bpm;
  return { candidates, likelierBpm, times, tempoBpm: agrees ? beatsBpm : candidates[0].bpm };
}

/** Times of frames, seconds, moved to the top of the parabola through a frame that is a peak; those beyond the ends are left out. */
function timesOf(frames: readonly number[], onsetStrength: OnsetStrength, durationSeconds: number): number[] {
  const { strength, hopSeconds, delaySeconds } = onsetStrength;
  const times = frames.map((frame) => {
    const left = strength[frame - 1] ?? 0;
    const right = strength[frame + 1] ?? 0;
    const isPeak = strength[frame] >= left && strength[frame] >= right;
    const offset = isPeak ? parabolicOffset(left, strength[frame], right) : 0;
    return (frame + offset) * hopSeconds + delaySeconds;
  });
  return times.filter((time) => time >= 0 && time < durationSeconds);
}

/** Seconds a beat: the least-squares line through the beat times, which no single misplaced beat moves much. */
function slope(times: readonly number[]): number {
  const meanIndex = (times.length - 1) / 2;
  const meanTime = mean(times);
  let products = 0;
  let squares = 0;
  for (let index = 0; index < times.length; index++) {
    products += (index - meanIndex) * (times[index] - meanTime);
    squares += (index - meanIndex) ** 2;
  }
  return products / squares;
}

function tempoStability(times: readonly number[]): number {
  const intervals = times.slice(1).map((time, index) => time - times[index]);
  const middle = median(intervals);
  return intervals.filter((interval) => Math.abs(interval / middle - 1) <= STEADY_INTERVAL).length / intervals.length;
}

function onWire(seconds: number): number {
  return round(seconds, 4) ?? 0;
}
