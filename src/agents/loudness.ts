/** Loudness and peaks of the original signal: own rate, all channels. */
import { z } from "zod";
import { amplitudeToDecibels } from "../dsp/decibels.ts";
import { integratedLoudness, loudnessRange, powerToLufs } from "../dsp/loudness.ts";
import { defineAgent } from "./agent.ts";
import { LOUDNESS_TARGETS } from "./delivery-profiles.ts";
import { HOP_SECONDS, loudnessBlocks } from "./loudness-blocks.ts";
import { round } from "./rounding.ts";

/** Lower values in the series are the tails of the weighting filters in digital silence. */
const FLOOR_LUFS = -100;

const level = z.number().nullable();
const sampled = z.object({ hop_seconds: z.number(), lufs: z.array(level) });

/**
 * Integrated loudness and true peak by ITU-R BS.1770-5, momentary and short-term loudness by EBU Tech 3341:2023, loudness
 * range by EBU Tech 3342:2023. The greatest momentary and short-term values are looked for every 10 ms, series have every
 * 100. Silence gives null levels, and files under 0.4 s (under 3 s: range and short-term) give null loudness, with the reason.
 */
export const loudness = defineAgent({
  name: "loudness",
  version: 1,
  description:
    "Measures loudness of the original signal by ITU-R BS.1770-5 and EBU Tech 3341/3342: integrated, range, momentary and " +
    "short-term (maxima and series), sample and true peak, and the gain to usual delivery targets. A mono file counts as " +
    "one loudspeaker.",
  needs: ["loudnessSteps", "truePeak"],
  output: z.object({
    integrated_lufs: level,
    loudness_range_lu: level,
    momentary_max_lufs: level.describe("Over 0.4 s"),
    short_term_max_lufs: level.describe("Over 3 s"),
    true_peak_dbtp: level,
    true_peak_seconds: level,
    sample_peak_dbfs: level,
    targets: z.array(
      z.object({ name: z.string(), target_lufs: z.number(), gain_db: z.number(), true_peak_after_dbtp: z.number() }),
    ),
    momentary: sampled.describe("Windows from index * hop_seconds on; null: silence"),
    short_term: sampled,
    why_null: z.string().nullable(),
  }),
  series: { momentary: "sampled", short_term: "sampled" },

  analyse({ loudnessSteps, truePeak }) {
    const { momentary, shortTerm, momentaryHops, shortTermHops } = loudnessBlocks(loudnessSteps);
    const integratedLufs = integratedLoudness(momentaryHops);
    const truePeakDbtp = amplitudeToDecibels(truePeak.truePeak);
    const isSilent = truePeak.truePeak === 0;
    return {
      integrated_lufs: round(integratedLufs, 2),
      loudness_range_lu: round(loudnessRange(shortTermHops), 2),
      momentary_max_lufs: maximumLufs(momentary),
      short_term_max_lufs: maximumLufs(shortTerm),
      true_peak_dbtp: round(truePeakDbtp, 2),
      true_peak_seconds: isSilent ? null : round(truePeak.truePeakSeconds, 3),
      sample_peak_dbfs: round(amplitudeToDecibels(truePeak.samplePeak), 2),
      targets: targetsFor(integratedLufs, truePeakDbtp),
      momentary: { hop_seconds: HOP_SECONDS, lufs: Array.from(momentaryHops, flooredLufs) },
      short_term: { hop_seconds: HOP_SECONDS, lufs: Array.from(shortTermHops, flooredLufs) },
      why_null: whyNull(isSilent, integratedLufs, momentary.length, shortTerm.length),
    };
  },
});

function maximumLufs(powers: Float64Array): number | null {
  return flooredLufs(powers.reduce((highest, power) => Math.max(highest, power), 0));
}

function flooredLufs(power: number): number | null {
  const lufs = powerToLufs(power);
  return lufs < FLOOR_LUFS ? null : round(lufs, 2);
}

/** Empty where there is no integrated loudness. */
function targetsFor(integratedLufs: number, truePeakDbtp: number) {
  if (Number.isNaN(integratedLufs)) return [];
  return LOUDNESS_TARGETS.map(({ name, lufs }) => ({
    name,
    target_lufs: lufs,
    gain_db: round(lufs - integratedLufs, 2) ?? 0,
    true_peak_after_dbtp: round(truePeakDbtp + lufs - integratedLufs, 2) ?? 0,
  }));
}

function whyNull(isSilent: boolean, integratedLufs: number, blocks: number, windows: number): string | null {
  if (isSilent) return "The file is digital silence or empty: it has no level.";
  if (blocks === 0) return "The file is shorter than 0.4 s, the length of one block: loudness cannot be measured.";
  if (Number.isNaN(integratedLufs)) return "No part of the file is above the gate of -70 LUFS: it has no loudness.";
  if (windows === 0) return "The file is shorter than 3 s: there is no short-term loudness and no range.";
  return null;
}
