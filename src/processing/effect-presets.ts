/** Chains of effects by name: data, not code. */
import type { z } from "zod";
import type { EFFECT } from "./effect.ts";

type Chain = readonly z.input<typeof EFFECT>[];

export const EFFECT_PRESETS = {
  /** A sung or spoken voice over music: rumble off, mud down, presence and air up, levelled, a short room. */
  vocal_polish: [
    { type: "high_pass", frequency_hz: 90, slope_db_per_octave: 24 },
    {
      type: "equaliser",
      bands: [
        { frequency_hz: 300, gain_db: -2.5, q: 1 },
        { frequency_hz: 3500, gain_db: 2, q: 0.9 },
        { shape: "high_shelf", frequency_hz: 10_000, gain_db: 2.5 },
      ],
    },
    { type: "compressor", threshold_db: -22, ratio: 3, attack_ms: 8, release_ms: 120, makeup_db: 4 },
    { type: "reverb", decay_seconds: 0.9, wet_db: -18, predelay_ms: 20, damping_hz: 7000 },
    { type: "limiter", ceiling_dbtp: -1 },
  ],
  /** Speech alone: rumble and noise down, pauses quieter, levelled. */
  podcast: [
    { type: "high_pass", frequency_hz: 80, slope_db_per_octave: 24 },
    { type: "denoise", reduction_db: 10, noise_floor_db: -50 },
    { type: "noise_gate", threshold_db: -50, range_db: 12, attack_ms: 5, release_ms: 250 },
    {
      type: "equaliser",
      bands: [
        { frequency_hz: 250, gain_db: -2, q: 1 },
        { frequency_hz: 3000, gain_db: 2, q: 0.8 },
      ],
    },
    { type: "compressor", threshold_db: -24, ratio: 3.5, attack_ms: 10, release_ms: 200, makeup_db: 6 },
    { type: "limiter", ceiling_dbtp: -1 },
  ],
  /** An old, small, warm player. */
  lo_fi: [
    { type: "high_pass", frequency_hz: 150 },
    { type: "low_pass", frequency_hz: 5000, slope_db_per_octave: 24 },
    { type: "equaliser", bands: [{ frequency_hz: 1200, gain_db: 3, q: 0.8 }] },
    { type: "compressor", threshold_db: -20, ratio: 4, attack_ms: 15, release_ms: 150, makeup_db: 3 },
    { type: "stereo_width", width: 0.4 },
    { type: "limiter", ceiling_dbtp: -1 },
  ],
  /** A finished mix, a little tighter. */
  master_gentle: [
    { type: "high_pass", frequency_hz: 25 },
    {
      type: "equaliser",
      bands: [
        { shape: "low_shelf", frequency_hz: 90, gain_db: 0.8 },
        { shape: "high_shelf", frequency_hz: 9000, gain_db: 1 },
      ],
    },
    { type: "compressor", threshold_db: -18, ratio: 1.6, attack_ms: 30, release_ms: 250, knee_db: 9, makeup_db: 1.5 },
    { type: "limiter", ceiling_dbtp: -1 },
  ],
} as const satisfies Record<string, Chain>;

export type EffectPreset = keyof typeof EFFECT_PRESETS;
export const EFFECT_PRESET_NAMES = Object.keys(EFFECT_PRESETS) as readonly EffectPreset[] as readonly [
  EffectPreset,
  ...EffectPreset[],
];
