/** What places of delivery ask for: data, not code. */
import type { FindingKind } from "./quality-findings.ts";

export interface LoudnessTarget {
  readonly name: string;
  readonly lufs: number;
}

/** Usual delivery targets, as published by November 2026; most services only turn down, not up. */
export const LOUDNESS_TARGETS: readonly LoudnessTarget[] = [
  // Spotify, YouTube, Tidal, Amazon Music.
  { name: "streaming", lufs: -14 },
  // Apple Music Sound Check.
  { name: "apple_music", lufs: -16 },
  // AES TD1008:2021 for speech; Apple Podcasts asks for -16 LKFS.
  { name: "podcast", lufs: -16 },
  // EBU R 128:2023.
  { name: "ebu_r128", lufs: -23 },
  // ATSC A/85:2013.
  { name: "atsc_a85", lufs: -24 },
];

export interface DeliveryProfile {
  readonly name: string;
  /** Integrated loudness taken, LUFS; null: any. */
  readonly integratedLufs: { readonly min: number; readonly max: number } | null;
  readonly maxTruePeakDbtp: number;
  /** What may be lost when both channels are played as one, dB; null: any. */
  readonly minMonoFoldDownDb: number | null;
  /** Silence at either end, seconds. */
  readonly maxEndSilenceSeconds: number;
  readonly refused: readonly FindingKind[];
}

const BROKEN: readonly FindingKind[] = ["clipping", "dropout", "inverted_channel", "silent_channel"];

/** Limits by which a file passes. Where a standard has none (silence, mono loss), they are Hark's own. */
export const DELIVERY_PROFILES: readonly DeliveryProfile[] = [
  {
    // Services set the loudness themselves; -1 dBTP is what Spotify, Apple and Tidal ask for ahead of lossy coding.
    name: "streaming",
    integratedLufs: null,
    maxTruePeakDbtp: -1,
    minMonoFoldDownDb: null,
    maxEndSilenceSeconds: 5,
    refused: [...BROKEN, "delayed_mono", "band_limited", "dc_offset"],
  },
  {
    // EBU R 128:2023: -23 LUFS, 0.5 LU either way.
    name: "broadcast",
    integratedLufs: { min: -23.5, max: -22.5 },
    maxTruePeakDbtp: -1,
    minMonoFoldDownDb: -6,
    maxEndSilenceSeconds: 5,
    refused: [...BROKEN, "hum", "delayed_mono", "dc_offset"],
  },
  {
    // Apple Podcasts: -16 LKFS, 1 dB either way.
    name: "podcast",
    integratedLufs: { min: -17, max: -15 },
    maxTruePeakDbtp: -1,
    minMonoFoldDownDb: -4,
    maxEndSilenceSeconds: 3,
    refused: [...BROKEN, "hum", "delayed_mono", "dc_offset"],
  },
  {
    // Loud, and the low end in one: clubs play mono.
    name: "club",
    integratedLufs: { min: -12, max: -5 },
    maxTruePeakDbtp: 0,
    minMonoFoldDownDb: -4,
    maxEndSilenceSeconds: 5,
    refused: [...BROKEN, "hum", "delayed_mono", "band_limited", "dc_offset"],
  },
  {
    // Kept as it is: only damage counts.
    name: "archive",
    integratedLufs: null,
    maxTruePeakDbtp: 0,
    minMonoFoldDownDb: null,
    maxEndSilenceSeconds: 60,
    refused: ["clipping", "dropout", "band_limited", "dc_offset"],
  },
];
