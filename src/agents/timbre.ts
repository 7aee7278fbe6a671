/** How a recording sounds, whatever it plays. */
import { z } from "zod";
import { integratedLoudness } from "../dsp/loudness.ts";
import { mean, standardDeviation } from "../dsp/statistics.ts";
import { MFCC_COUNT } from "../features/mfcc.ts";
import { CONTRAST_BANDS } from "../features/spectral-contrast.ts";
import { defineAgent } from "./agent.ts";
import { columnOf, framesAbove } from "./frame-columns.ts";
import { loudnessBlocks } from "./loudness-blocks.ts";
import { onsetTimes } from "./onset-times.ts";
import { round } from "./rounding.ts";
import { bandLevels, melLevels } from "./timbre-bands.ts";
import { DESCRIPTOR_VERSION, timbreDescriptor } from "./timbre-descriptor.ts";

/** Frames at or below are digital silence, as for the spectral agent. */
const SILENCE_DBFS = -90;
/** What speech and music recognition commonly use. */
const COEFFICIENTS = 13;

const level = z.number().nullable();
const numbers = z.array(z.number());

/**
 * Band energies, mel bands (timbre-bands.ts), MFCC, spectral contrast (features/spectral-contrast.ts), energy, and a descriptor
 * (timbre-descriptor.ts, which also gives the distance of two). Spectra are those of the analysis copy. Silence has nulls and
 * the reason.
 */
export const timbre = defineAgent({
  name: "timbre",
  version: 1,
  description:
    "Measures timbre: levels of named frequency bands, mel bands, MFCC, spectral contrast, a descriptor to compare by Euclidean " +
    "distance, and energy: the mean of (LUFS + 40) / 34, onsets per second / 8 and log2(centroid Hz / 500) / 3, each clipped to 0..1.",
  needs: [
    "signalLevel",
    "spectralShape",
    "meanPowerSpectrum",
    "mfcc",
    "spectralContrast",
    "sampledSpectra",
    "loudnessSteps",
    "beatTrack",
  ],
  output: z.object({
    band_levels_db: z
      .record(z.string(), level)
      .nullable()
      .describe(
        "Re total, from Hz: sub 20, bass 60, low_mid 250, mid 500, high_mid 2000, presence 4000, brilliance 6000, air 10000",
      ),
    mel_levels_db: numbers.describe("24 bands to 11025 Hz, re total; empty in silence"),
    mfcc: z.object({ mean: numbers, std: numbers, delta_std: numbers }).nullable().describe("13 coefficients"),
    spectral_contrast_db: z.object({ mean: numbers, std: numbers }).nullable().describe("librosa's 7 bands"),
    energy: level.describe("0 to 1, as the description says"),
    descriptor: numbers.nullable().describe("Standardised"),
    descriptor_version: z.number().int(),
    why_null: z.string().nullable(),
  }),

  analyse(features) {
    const { signalLevel, spectralShape, mfcc, spectralContrast, meanPowerSpectrum, sampledSpectra } = features;
    const { energyDbfs, centroidHz } = spectralShape;
    const sounding = framesAbove(energyDbfs, SILENCE_DBFS);
    if (sounding.length === 0) return nothing(signalLevel.sumOfSquares === 0);
    const coefficients = Array.from({ length: COEFFICIENTS }, (_, k) =>
      columnOf(mfcc.coefficients, MFCC_COUNT, k, sounding),
    );
    const contrasts = Array.from({ length: CONTRAST_BANDS }, (_, band) =>
      columnOf(spectralContrast.contrastDb, CONTRAST_BANDS, band, sounding),
    );
    const seconds = signalLevel.sampleCount / signalLevel.sampleRate;
    const onsets = onsetTimes(features.beatTrack, seconds).length;
    const lufs = integratedLoudness(loudnessBlocks(features.loudnessSteps).momentaryHops);
    return {
      band_levels_db: bandLevels(meanPowerSpectrum, sampledSpectra),
      mel_levels_db: melLevels(meanPowerSpectrum),
      mfcc: {
        ...spreadOf(coefficients),
        delta_std: coefficients.map((row) => round(standardDeviation(steps(row)), 2) ?? 0),
      },
      spectral_contrast_db: spreadOf(contrasts),
      energy: energyOf(lufs, onsets / seconds, mean(columnOf(centroidHz, 1, 0, sounding))),
      descriptor: timbreDescriptor(features)?.map((value) => round(value, 3) ?? 0) ?? null,
      descriptor_version: DESCRIPTOR_VERSION,
      why_null: Number.isFinite(lufs) ? null : "Energy needs 0.4 s above -70 LUFS.",
    };
  },
});

function nothing(isDigitalSilence: boolean) {
  return {
    band_levels_db: null,
    mel_levels_db: [],
    mfcc: null,
    spectral_contrast_db: null,
    energy: null,
    descriptor: null,
    descriptor_version: DESCRIPTOR_VERSION,
    why_null: isDigitalSilence
      ? "The file is empty or digital silence."
      : "Nothing above -90 dBFS is left in the mono mix below 11025 Hz.",
  };
}

/** In [0, 1]; null where there is no loudness. */
function energyOf(lufs: number, onsetsPerSecond: number, centroidHz: number): number | null {
  const parts = [(lufs + 40) / 34, onsetsPerSecond / 8, Math.log2(Math.max(1, centroidHz) / 500) / 3];
  return Number.isFinite(lufs) ? round(mean(parts.map((part) => Math.min(1, Math.max(0, part)))), 3) : null;
}

function spreadOf(rows: readonly Float64Array[]) {
  return {
    mean: rows.map((row) => round(mean(row), 2) ?? 0),
    std: rows.map((row) => round(standardDeviation(row), 2) ?? 0),
  };
}

/** Differences of consecutive values; one 0 for a single value. */
function steps(row: Float64Array): Float64Array {
  if (row.length < 2) return new Float64Array(1);
  const differences = new Float64Array(row.length - 1);
  for (let index = 0; index < differences.length; index++) differences[index] = row[index + 1] - row[index];
  return differences;
}
