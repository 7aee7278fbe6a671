/** Technical faults of the original signal, and whether it can be delivered. */
import { z } from "zod";
import { bandEdgeHz } from "../dsp/band-edge.ts";
import { amplitudeToDecibels } from "../dsp/decibels.ts";
import { integratedLoudness } from "../dsp/loudness.ts";
import { percentile } from "../dsp/statistics.ts";
import type { QuietWindows } from "../features/quiet-windows.ts";
import { defineAgent } from "./agent.ts";
import { DELIVERY_PROFILES, type DeliveryProfile } from "./delivery-profiles.ts";
import { deliveryFailures, type Measured } from "./delivery-verdict.ts";
import { loudnessBlocks } from "./loudness-blocks.ts";
import {
  clickFindings,
  clippingFindings,
  distinctClicks,
  dropoutFindings,
  endSilences,
  type Finding,
  greatestOffset,
  lastingFindings,
  silenceFindings,
} from "./quality-findings.ts";
import { round } from "./rounding.ts";
import { type StereoImage, stereoImage } from "./stereo-image.ts";

/** A share of the 10 ms windows this low is taken for pauses, percent. */
const PAUSE_PERCENT = 5;
/** Windows below are digital silence, or a tail that no converter keeps. */
const LOWEST_DBFS = -120;
const DECIMALS = 4;

const level = z.number().nullable();

/**
 * Clipping, clicks, silence, dropouts, offset, the relation of the channels, hum, the end of the band, and a verdict by each delivery
 * profile (delivery-profiles.ts). Definitions and thresholds are in the features and in quality-findings.ts. Silence and
 * emptiness have no findings but the silence itself, null levels and the reason.
 */
export const quality = defineAgent({
  name: "quality",
  version: 2,
  description:
    "Checks the original signal for faults with their times: clipping (also below full scale), clicks, silence under -60 dBFS, " +
    "dropouts, DC offset, fake stereo, inverted polarity, mono loss, hum, and a band cut off as by lossy coding; with a " +
    "verdict for streaming, broadcast, podcast, club and archive.",
  needs: ["clipping", "clicks", "channelStatistics", "quietWindows", "sampledSpectra", "loudnessSteps", "truePeak"],
  output: z.object({
    verdicts: z.array(
      z.object({
        profile: z.string(),
        passes: z.boolean(),
        failures: z.array(z.object({ reason: z.string(), seconds: level })),
      }),
    ),
    clipped_samples: z.number(),
    click_count: z.number(),
    leading_silence_seconds: z.number(),
    trailing_silence_seconds: z.number(),
    noise_floor_dbfs: level,
    dc_offset: z.number(),
    channel_relation: z.string(),
    correlation: level,
    width: level.describe("Share of side power"),
    mono_fold_down_db: level,
    band_edge_hz: level,
    findings: z.array(
      z.object({
        kind: z.string(),
        start_seconds: z.number(),
        end_seconds: z.number(),
        severity: z.string(),
        detail: z.string(),
      }),
    ),
    why_null: z.string().nullable(),
  }),
  series: { findings: "segments" },

  analyse({ clipping, clicks, channelStatistics, quietWindows, sampledSpectra, loudnessSteps, truePeak }) {
    const { durationSeconds } = quietWindows;
    const image = stereoImage(channelStatistics, sampledSpectra);
    const distinct = distinctClicks(clicks.clicks);
    const findings = [
      ...clippingFindings(clipping),
      ...clickFindings(distinct),
      ...silenceFindings(quietWindows),
      ...dropoutFindings(quietWindows),
      ...lastingFindings(durationSeconds, channelStatistics, image, sampledSpectra),
    ].sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds);
    const { leading, trailing } = endSilences(quietWindows);
    const measured = {
      integratedLufs: integratedLoudness(loudnessBlocks(loudnessSteps).momentaryHops),
      truePeakDbtp: amplitudeToDecibels(truePeak.truePeak),
      truePeakSeconds: truePeak.truePeakSeconds,
      monoFoldDownDb: image.monoFoldDownDb,
      leadingSilenceSeconds: leading,
      trailingSilenceSeconds: trailing,
      durationSeconds,
      findings,
    };
    return {
      verdicts: DELIVERY_PROFILES.map((profile) => verdict(profile, measured)),
      clipped_samples: clipping.regions.reduce((sum, region) => sum + region.samples, 0),
      click_count: distinct.length + clicks.count - clicks.clicks.length,
      leading_silence_seconds: round(leading, 2) ?? 0,
      trailing_silence_seconds: round(trailing, 2) ?? 0,
      noise_floor_dbfs: noiseFloor(quietWindows),
      dc_offset: round(greatestOffset(channelStatistics.means), 5) ?? 0,
      channel_relation: image.kind,
      correlation: round(image.correlation, 3),
      width: round(image.width, 3),
      mono_fold_down_db: round(image.monoFoldDownDb, 2),
      band_edge_hz: bandEdgeHz(sampledSpectra.power, sampledSpectra.binHz, sampledSpectra.fullScale),
      findings: findings.map(onWire),
      why_null: whyNull(channelStatistics.sampleCount, truePeak.truePeak, image),
    };
  },
});

function verdict(profile: DeliveryProfile, measured: Measured) {
  const failures = deliveryFailures(profile, measured).map(({ reason, seconds }) => ({
    reason,
    seconds: seconds === null ? null : round(seconds, 3),
  }));
  return { profile: profile.name, passes: failures.length === 0, failures };
}

function onWire({ kind, startSeconds, endSeconds, severity, detail }: Finding) {
  const start = round(startSeconds, DECIMALS) ?? 0;
  // A stretch keeps a length, however short.
  const end = Math.max(round(endSeconds, DECIMALS) ?? 0, start + 10 ** -DECIMALS);
  return { kind, start_seconds: start, end_seconds: round(end, DECIMALS) ?? end, severity, detail };
}

/** Null where every window is digital silence. */
function noiseFloor({ rmsDbfs }: QuietWindows): number | null {
  return round(
    percentile(
      rmsDbfs.filter((dbfs) => dbfs > LOWEST_DBFS),
      PAUSE_PERCENT,
    ),
    1,
  );
}

function whyNull(sampleCount: number, peak: number, { kind, monoFoldDownDb }: StereoImage): string | null {
  if (sampleCount === 0) return "The file holds no samples.";
  if (peak === 0) return "The file is digital silence.";
  if (kind === "mono") return "A mono file has no correlation, width or mono loss.";
  if (kind === "silent_channel") return "With one channel silent there is no correlation, width or mono loss.";
  if (Number.isNaN(monoFoldDownDb))
    return "The first two channels do not both sound: they have no correlation or width.";
  if (!Number.isFinite(monoFoldDownDb)) return "The channels cancel in mono: nothing is left to measure its level by.";
  return null;
}
