/** The spectrum of the analysis copy: mono, 22.05 kHz. */
import { z } from "zod";
import { spectralPeaks } from "../dsp/spectral-peaks.ts";
import { mean, standardDeviation } from "../dsp/statistics.ts";
import { MFCC_COUNT } from "../features/mfcc.ts";
import { BIN_HZ } from "../features/power-spectrogram.ts";
import { defineAgent } from "./agent.ts";
import { round } from "./rounding.ts";
import { whyUnheard } from "./why-unheard.ts";

/** Frames at or below are digital silence: under the dither of 16 bits, and 10 dB above what the resampler lets through. */
const SILENCE_DBFS = -90;
const MAX_DOMINANT = 8;
/** Two bins: below, no peak can be told from a constant. */
const FIRST_BIN = 2;

const spread = (description: string) =>
  z.object({ mean: z.number(), std: z.number() }).nullable().describe(description);

/**
 * Centroid, bandwidth, rolloff, flatness and MFCC as mean and standard deviation over the frames above -90 dBFS, by librosa's
 * definitions and frames (see features/spectral-shape.ts and features/mfcc.ts), so that a file that sounds throughout has
 * librosa's means; and the lines of the average spectrum. Where no frame sounds, values are null and `why_null` says why.
 */
export const spectral = defineAgent({
  name: "spectral",
  version: 1,
  description:
    "Measures the spectrum of the mono mix up to 11025 Hz: centroid (brightness), bandwidth, rolloff, flatness (tone or " +
    "noise), dominant frequencies and MFCC (timbre), as mean and standard deviation over frames that sound.",
  needs: ["signalLevel", "spectralShape", "meanPowerSpectrum", "mfcc"],
  output: z.object({
    centroid_hz: spread("Magnitude-weighted mean frequency"),
    bandwidth_hz: spread("Spread around the centroid"),
    rolloff_hz: spread("85 % of magnitude lies below"),
    flatness: spread("0 tone, 1 noise"),
    dominant_frequencies: z
      .array(z.object({ hz: z.number(), level_db: z.number() }))
      .describe("Lines of the average spectrum, strongest (0 dB) first"),
    mfcc: z
      .object({ mean: z.array(z.number()), std: z.array(z.number()) })
      .nullable()
      .describe("20 coefficients, librosa's scale"),
    why_null: z.string().nullable(),
  }),

  analyse({ signalLevel, spectralShape, meanPowerSpectrum, mfcc }) {
    const { energyDbfs } = spectralShape;
    const sounding = Uint32Array.from(energyDbfs.keys()).filter((frame) => energyDbfs[frame] > SILENCE_DBFS);
    if (sounding.length === 0) {
      return {
        centroid_hz: null,
        bandwidth_hz: null,
        rolloff_hz: null,
        flatness: null,
        dominant_frequencies: [],
        mfcc: null,
        why_null: whyUnheard(signalLevel, SILENCE_DBFS),
      };
    }
    const over = (values: Float32Array, decimals: number) => meanAndSpread(values, 1, 0, sounding, decimals);
    const coefficients = Array.from({ length: MFCC_COUNT }, (_, k) =>
      meanAndSpread(mfcc.coefficients, MFCC_COUNT, k, sounding, 3),
    );
    return {
      centroid_hz: over(spectralShape.centroidHz, 1),
      bandwidth_hz: over(spectralShape.bandwidthHz, 1),
      rolloff_hz: over(spectralShape.rolloffHz, 1),
      flatness: over(spectralShape.flatness, 6),
      dominant_frequencies: dominantFrequencies(meanPowerSpectrum.power),
      mfcc: { mean: coefficients.map((k) => k.mean), std: coefficients.map((k) => k.std) },
      why_null: null,
    };
  },
});

/** Mean and standard deviation over frames of one column of `values`, `[frame][column]` flat with `columns` a frame. */
function meanAndSpread(
  values: Float32Array,
  columns: number,
  column: number,
  frames: Uint32Array,
  decimals: number,
): { mean: number; std: number } {
  const chosen = new Float64Array(frames.length);
  for (let index = 0; index < frames.length; index++) chosen[index] = values[frames[index] * columns + column];
  return { mean: round(mean(chosen), decimals) ?? 0, std: round(standardDeviation(chosen), decimals) ?? 0 };
}

function dominantFrequencies(power: Float64Array): { hz: number; level_db: number }[] {
  const peaks = spectralPeaks(power, FIRST_BIN, MAX_DOMINANT);
  return peaks.map((peak) => ({
    hz: round(peak.bin * BIN_HZ, 1) ?? 0,
    level_db: round(peak.db - peaks[0].db, 2) ?? 0,
  }));
}
