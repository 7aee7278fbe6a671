/** The fundamental frequency of voices and single instruments. */
import { z } from "zod";
import { type PitchPathCosts, pitchPath } from "../dsp/pitch-path.ts";
import { median, percentile } from "../dsp/statistics.ts";
import { F0_CANDIDATES, type F0Candidates } from "../features/f0-candidates.ts";
import { defineAgent } from "./agent.ts";
import { chromagramOf } from "./chromagram.ts";
import { findNotes, midiOf } from "./notes.ts";
import { round } from "./rounding.ts";
import { whyUnheard } from "./why-unheard.ts";

/**
 * Favours voiced frames, and an octave is dear: 10 to 35 gave the same. Where one pitch explains some of the sound, a frame
 * is voiced down to a chance of one in 3,000, for `voicing` carries the doubt: the stricter costs lose 8 % of the voiced
 * frames of speech; these alone would give half of the frames of drum tracks a pitch.
 */
const STRICT_COSTS = { octave: 20, voicing: 4, unvoiced: -3 };
const COSTS = { octave: 20, voicing: 6, unvoiced: -8 };
const SOME_PITCH = 0.1;
/** Frames below -80 dBFS, or 60 dB below the loudest, have no pitch. */
const SILENT_DBFS = -80;
const SILENT = 10 ** (SILENT_DBFS / 10);
const RANGE = 1e-6;
/** Frames within 30 dB of the loudest are asked whether one pitch explains them. */
const LOUD = 1e-3;
/**
 * Share of the sound that one pitch explains. Below the first it is no single pitch (eight drum tracks and loops 0.00 to
 * 0.08, speech from 0.25); below the second it is none where notes stand out of the spectrum (dense music to 0.66, a trumpet 0.89, speech
 * and drums never stand out so).
 */
const MIN_EXPLAINED = 0.2;
const MIN_EXPLAINED_IN_TUNE = 0.7;
const IN_TUNE = 1.3;

interface Track {
  /** `[frame]`: Hz, 0 where unvoiced. */
  readonly hz: Float64Array;
  /** `[frame]`: probability that the frame has a pitch, in [0, 1]. */
  readonly voicing: Float64Array;
  readonly audibleFrames: number;
  /** Share of the loud frames' amplitude that the pitch explains, in [0, 1]. */
  readonly explained: number;
}

/**
 * f0 by YIN candidates with pYIN's probabilities (dsp/yin.ts) and the best path through them (dsp/pitch-path.ts), 49.9
 * to 2205 Hz, every 11.6 ms of the analysis copy; notes.ts makes notes of it. Material that no single pitch explains
 * has null statistics, no notes and the reason, and its f0 follows what is strongest; silence has empty series' values.
 */
export const pitch = defineAgent({
  name: "pitch",
  version: 2,
  description:
    "Tracks the pitch (f0) of speech, singing and single instruments, 50 to 2205 Hz: median, range, f0 along time, notes " +
    "with cents. Where it is polyphonic, only f0 of the strongest pitch.",
  needs: ["signalLevel", "f0Candidates", "pitchSpectrum"],
  output: z.object({
    voiced_ratio: z.number().min(0).max(1).nullable().describe("Share of audible frames with a pitch"),
    is_monophonic: z.boolean().nullable(),
    why_null: z.string().nullable(),
    median_hz: z.number().nullable(),
    range_hz: z.object({ low: z.number(), high: z.number() }).nullable().describe("5th and 95th percentile"),
    note_count: z.number().int().nonnegative(),
    f0: z
      .object({
        hop_seconds: z.number(),
        time_seconds: z.array(z.number()),
        hz: z.array(z.number().nullable()),
        voicing: z.array(z.number()),
      })
      .describe("hz is null where unvoiced; voicing is a probability"),
    notes: z.array(
      z.object({
        start_seconds: z.number(),
        end_seconds: z.number(),
        midi: z.number().int(),
        hz: z.number(),
        cents: z.number(),
      }),
    ),
  }),
  series: { f0: "sampled", notes: "segments" },
  engines: ["swift_f0"],

  analyse({ signalLevel, f0Candidates, pitchSpectrum }) {
    const strict = trackPitch(f0Candidates, STRICT_COSTS);
    const track = strict.explained < SOME_PITCH ? strict : trackPitch(f0Candidates, COSTS);
    const voiced = track.hz.filter((hz) => hz > 0);
    const isMonophonic = voiced.length === 0 ? null : isSinglePitch(strict, chromagramOf(pitchSpectrum).inTune);
    const durationSeconds = signalLevel.sampleCount / signalLevel.sampleRate;
    const notes = isMonophonic === true ? findNotes(track.hz, f0Candidates.meanSquare, f0Candidates.hopSeconds) : [];
    return {
      voiced_ratio: track.audibleFrames === 0 ? null : round(voiced.length / track.audibleFrames, 3),
      is_monophonic: isMonophonic,
      why_null: strict.audibleFrames === 0 ? whyUnheard(signalLevel, SILENT_DBFS) : whyNull(strict, isMonophonic),
      median_hz: isMonophonic === true ? round(median(voiced), 2) : null,
      range_hz:
        isMonophonic === true
          ? { low: round(percentile(voiced, 5), 2) ?? 0, high: round(percentile(voiced, 95), 2) ?? 0 }
          : null,
      note_count: notes.length,
      f0: {
        hop_seconds: f0Candidates.hopSeconds,
        time_seconds: Array.from(track.hz, (_, frame) => round(frame * f0Candidates.hopSeconds, 4) ?? 0),
        hz: Array.from(track.hz, (hz) => (hz > 0 ? round(hz, 2) : null)),
        voicing: Array.from(track.voicing, (value) => round(value, 3) ?? 0),
      },
      notes: notes.map(({ startSeconds, endSeconds, midi, hz }) => ({
        start_seconds: round(startSeconds, 4) ?? 0,
        end_seconds: round(Math.min(endSeconds, durationSeconds), 4) ?? 0,
        midi,
        hz: round(hz, 2) ?? 0,
        cents: round(100 * (midiOf(hz) - midi), 1) ?? 0,
      })),
    };
  },
});

function trackPitch({ hz, probability, meanSquare, frames }: F0Candidates, costs: PitchPathCosts): Track {
  const loudest = meanSquare.reduce((greatest, value) => Math.max(greatest, value), 0);
  const audible = Uint8Array.from(meanSquare, (value) => (value > SILENT && value > RANGE * loudest ? 1 : 0));
  const path = pitchPath(hz, probability, F0_CANDIDATES, audible, costs);
  const course = new Float64Array(frames);
  const voicing = new Float64Array(frames);
  let [amplitude, explained, audibleFrames] = [0, 0, 0];
  for (let t = 0; t < frames; t++) {
    audibleFrames += audible[t];
    for (let rank = 0; rank < F0_CANDIDATES; rank++) voicing[t] += audible[t] * probability[t * F0_CANDIDATES + rank];
    voicing[t] = Math.min(1, voicing[t]);
    if (path[t] >= 0) course[t] = hz[t * F0_CANDIDATES + path[t]];
    if (audible[t] === 0 || meanSquare[t] <= LOUD * loudest) continue;
    amplitude += Math.sqrt(meanSquare[t]);
    if (path[t] >= 0) explained += Math.sqrt(meanSquare[t]) * voicing[t];
  }
  return { hz: course, voicing, audibleFrames, explained: amplitude > 0 ? explained / amplitude : 0 };
}

function isSinglePitch({ explained }: Track, inTune: number): boolean {
  return explained >= MIN_EXPLAINED && (inTune < IN_TUNE || explained >= MIN_EXPLAINED_IN_TUNE);
}

function whyNull({ explained }: Track, isMonophonic: boolean | null): string | null {
  if (isMonophonic === null)
    return "No frame has a pitch between 50 and 2205 Hz: this is noise, percussion or dense music.";
  if (isMonophonic) return null;
  return (
    `One pitch explains ${Math.round(100 * explained)} % of the sound: the material is polyphonic, percussive or noisy. ` +
    "f0 follows the strongest pitch."
  );
}
