/** Every feature that agents can need, by name. */
import { beatTrack } from "./beat-track.ts";
import { channelStatistics } from "./channel-statistics.ts";
import { clicks } from "./clicks.ts";
import { clipping } from "./clipping.ts";
import type { Feature } from "./extractor.ts";
import { f0Candidates } from "./f0-candidates.ts";
import { loudnessSteps } from "./loudness-steps.ts";
import { meanPowerSpectrum } from "./mean-power-spectrum.ts";
import { mfcc } from "./mfcc.ts";
import { pitchSpectrum } from "./pitch-spectrum.ts";
import { quietWindows } from "./quiet-windows.ts";
import { sampledSpectra } from "./sampled-spectra.ts";
import { signalLevel } from "./signal-level.ts";
import { spectralContrast } from "./spectral-contrast.ts";
import { spectralShape } from "./spectral-shape.ts";
import { speechProbability } from "./speech-probability.ts";
import { truePeak } from "./true-peak.ts";

export const FEATURES = {
  signalLevel,
  spectralShape,
  spectralContrast,
  meanPowerSpectrum,
  mfcc,
  beatTrack,
  pitchSpectrum,
  f0Candidates,
  loudnessSteps,
  truePeak,
  clipping,
  clicks,
  channelStatistics,
  quietWindows,
  sampledSpectra,
  speechProbability,
} as const satisfies Record<string, Feature<unknown, unknown>>;

export type FeatureName = keyof typeof FEATURES;

/** What each feature's pass leaves for agents. */
export type FeatureFrames = {
  readonly [Name in FeatureName]: ReturnType<ReturnType<(typeof FEATURES)[Name]["open"]>["finish"]>;
};
