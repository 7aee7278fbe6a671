/** Every feature that agents can need, by name. */
import type { Feature } from "./extractor.ts";
import { meanPowerSpectrum } from "./mean-power-spectrum.ts";
import { mfcc } from "./mfcc.ts";
import { onsetStrength } from "./onset-strength.ts";
import { signalLevel } from "./signal-level.ts";
import { spectralShape } from "./spectral-shape.ts";

export const FEATURES = {
  signalLevel,
  spectralShape,
  meanPowerSpectrum,
  mfcc,
  onsetStrength,
} as const satisfies Record<string, Feature<unknown, unknown>>;

export type FeatureName = keyof typeof FEATURES;

/** What each feature's pass leaves for agents. */
export type FeatureFrames = {
  readonly [Name in FeatureName]: ReturnType<ReturnType<(typeof FEATURES)[Name]["open"]>["finish"]>;
};
