/** Level and length of the original signal: own rate, all channels. */
import { z } from "zod";
import { amplitudeToDecibels, powerToDecibels } from "../dsp/decibels.ts";
import { percentile } from "../dsp/statistics.ts";
import { defineAgent } from "./agent.ts";
import { round } from "./rounding.ts";

/** Windows below are silence: the absolute gate of ITU-R BS.1770-5 and EBU Tech 3342 (there in LUFS). */
const GATE_DBFS = -70;
/** The percentiles between which EBU Tech 3342 measures loudness range. */
const QUIET_PERCENT = 10;
const LOUD_PERCENT = 95;

const decibels = (description: string) => z.number().nullable().describe(description);

/**
 * RMS, peak, crest factor, dynamic range, zero-crossing rate and the RMS envelope. 0 dBFS is a sample value of 1, so a
 * full-scale square wave has 0 dBFS RMS and a full-scale sine -3.01. Silence and emptiness give null levels and the reason.
 * Dynamic range follows the percentiles of EBU Tech 3342:2023 (loudness range), on plain RMS and without its relative gate.
 */
export const temporal = defineAgent({
  name: "temporal",
  version: 1,
  description:
    "Measures duration, level and dynamics of the original signal over all channels: RMS, peak, crest factor, dynamic " +
    "range, zero crossings, and the RMS envelope along time.",
  needs: ["signalLevel"],
  output: z.object({
    duration_seconds: z.number().nonnegative(),
    sample_rate_hz: z.number().int().positive(),
    channels: z.number().int().positive(),
    rms_dbfs: decibels("RMS; a full-scale sine has -3.01"),
    peak_dbfs: decibels("Greatest sample value"),
    crest_factor_db: decibels("Peak over RMS"),
    dynamic_range_db: decibels("95th minus 10th percentile of the 0.1 s RMS above -70 dBFS"),
    zero_crossings_per_second: z.number().nonnegative().describe("Mean over channels"),
    envelope: z
      .object({ hop_seconds: z.number().positive(), rms_dbfs: z.array(z.number().nullable()) })
      .describe("RMS of consecutive windows; null: digital silence"),
    non_finite_samples: z.number().int().nonnegative().describe("NaN or infinite, taken as 0"),
    why_null: z.string().nullable(),
  }),
  series: { envelope: "sampled" },

  analyse({ signalLevel }) {
    const { sampleRate, channels, sampleCount, sumOfSquares, peak, windowMeanSquares } = signalLevel;
    const durationSeconds = sampleCount / sampleRate;
    const rmsDbfs = powerToDecibels(sumOfSquares / (sampleCount * channels));
    const peakDbfs = amplitudeToDecibels(peak);
    const envelopeDbfs = Array.from(windowMeanSquares, powerToDecibels);
    const soundingDbfs = envelopeDbfs.filter((dbfs) => dbfs > GATE_DBFS);
    const crossings = sampleCount === 0 ? 0 : signalLevel.zeroCrossings / channels / durationSeconds;
    return {
      duration_seconds: round(durationSeconds, 6) ?? 0,
      sample_rate_hz: sampleRate,
      channels,
      rms_dbfs: round(rmsDbfs, 2),
      peak_dbfs: round(peakDbfs, 2),
      crest_factor_db: round(peakDbfs - rmsDbfs, 2),
      dynamic_range_db: round(percentile(soundingDbfs, LOUD_PERCENT) - percentile(soundingDbfs, QUIET_PERCENT), 2),
      zero_crossings_per_second: round(crossings, 1) ?? 0,
      envelope: { hop_seconds: signalLevel.windowSeconds, rms_dbfs: envelopeDbfs.map((dbfs) => round(dbfs, 2)) },
      non_finite_samples: signalLevel.nonFiniteCount,
      why_null: whyNull(sampleCount, peak, soundingDbfs.length),
    };
  },
});

function whyNull(sampleCount: number, peak: number, soundingWindows: number): string | null {
  if (sampleCount === 0) return "The file holds no samples, so there is no level to measure.";
  if (peak === 0) return "The file is digital silence: every sample is zero, so it has no level in dB.";
  if (soundingWindows === 0) return `No part of the file is above ${GATE_DBFS} dBFS, so it has no dynamic range.`;
  return null;
}
