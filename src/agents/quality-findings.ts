/** Defects with their places, from the features that show them. */
import { bandEdgeHz } from "../dsp/band-edge.ts";
import { amplitudeToDecibels, powerToDecibels } from "../dsp/decibels.ts";
import { findHum } from "../dsp/hum.ts";
import type { ChannelStatistics } from "../features/channel-statistics.ts";
import type { ChannelClick } from "../features/clicks.ts";
import type { Clipping } from "../features/clipping.ts";
import type { QuietWindows } from "../features/quiet-windows.ts";
import type { SampledSpectra } from "../features/sampled-spectra.ts";
import { round } from "./rounding.ts";
import type { StereoImage } from "./stereo-image.ts";

export const FINDING_KINDS = [
  "clipping",
  "click",
  "silence",
  "dropout",
  "dc_offset",
  "silent_channel",
  "inverted_channel",
  "dual_mono",
  "delayed_mono",
  "hum",
  "band_limited",
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly severity: "info" | "warning" | "error";
  readonly detail: string;
}

/** Below is silence: under the noise of a room on a good recording, over that of its converters. */
const SILENCE_DBFS = -60;
const MIN_SILENCE_SECONDS = 0.5;
/** A gap of zeros is a dropout where there is this much sound right before and after it. */
const DROPOUT_DBFS = -40;
const CLIPPING_GAP_SECONDS = 0.5;
const CLICK_GAP_SECONDS = 0.5;
/** Clicks of different channels this near are one. */
const SAME_CLICK_SECONDS = 0.001;
/** A click this far over the RMS around it is loud: 6 dB. */
const LOUD_CLICK = 2;
/** One percent of full scale; the means of clean recordings stay below a tenth of that. */
const MAX_DC = 0.01;

/** Clipped stretches of all channels, those within half a second joined. */
export function clippingFindings({ regions }: Clipping): Finding[] {
  const stretches: { start: number; end: number; samples: number; level: number }[] = [];
  for (const { startSeconds, endSeconds, samples, level } of regions) {
    const last = stretches.at(-1);
    if (last !== undefined && startSeconds - last.end <= CLIPPING_GAP_SECONDS) {
      last.end = Math.max(last.end, endSeconds);
      last.samples += samples;
      last.level = Math.max(last.level, level);
    } else stretches.push({ start: startSeconds, end: endSeconds, samples, level });
  }
  return stretches.map(({ start, end, samples, level }) => ({
    kind: "clipping",
    startSeconds: start,
    endSeconds: end,
    severity: "error",
    detail: `${samples} samples cut off at ${round(amplitudeToDecibels(level), 1)} dBFS`,
  }));
}

/** Clicks of all channels, those that come at once taken as one with the greatest amplitude. */
export function distinctClicks(clicks: readonly ChannelClick[]): ChannelClick[] {
  const distinct: ChannelClick[] = [];
  for (const click of clicks) {
    const last = distinct.at(-1);
    if (last === undefined || click.startSeconds - last.endSeconds > SAME_CLICK_SECONDS) distinct.push(click);
    else if (click.amplitude > last.amplitude) distinct[distinct.length - 1] = click;
  }
  return distinct;
}

/** Clicks in order, those within half a second joined. */
export function clickFindings(clicks: readonly ChannelClick[]): Finding[] {
  const groups: ChannelClick[][] = [];
  for (const click of clicks) {
    const last = groups.at(-1);
    if (last !== undefined && click.startSeconds - last[last.length - 1].endSeconds <= CLICK_GAP_SECONDS)
      last.push(click);
    else groups.push([click]);
  }
  return groups.map((group) => {
    const loudest = group.reduce((a, b) => (b.amplitude > a.amplitude ? b : a));
    const level = round(amplitudeToDecibels(loudest.amplitude), 1);
    const length = (1000 * (loudest.endSeconds - loudest.startSeconds)).toFixed(2);
    return {
      kind: "click",
      startSeconds: group[0].startSeconds,
      endSeconds: group[group.length - 1].endSeconds,
      severity: group.some(({ overLevel }) => overLevel >= LOUD_CLICK) ? "error" : "warning",
      detail: group.length === 1 ? `${level} dBFS, ${length} ms` : `${group.length} clicks, the loudest ${level} dBFS`,
    };
  });
}

/** Stretches of at least 0.5 s in which no channel has an RMS of -60 dBFS in 10 ms. */
export function silenceFindings({ rmsDbfs, windowSeconds, durationSeconds, zeros }: QuietWindows): Finding[] {
  const findings: Finding[] = [];
  let start = 0;
  for (let window = 0; window <= rmsDbfs.length; window++) {
    if (window < rmsDbfs.length && rmsDbfs[window] < SILENCE_DBFS) continue;
    const startSeconds = start * windowSeconds;
    const endSeconds = Math.min(window * windowSeconds, durationSeconds);
    start = window + 1;
    if (endSeconds - startSeconds < MIN_SILENCE_SECONDS) continue;
    const isDigital = zeros.some(
      (zero) => zero.startSeconds < startSeconds + 0.02 && zero.endSeconds > endSeconds - 0.02,
    );
    const detail = `${isDigital ? "digital silence" : `below ${SILENCE_DBFS} dBFS`}, ${placeOf(startSeconds, endSeconds, durationSeconds)}`;
    findings.push({ kind: "silence", startSeconds, endSeconds, severity: "info", detail });
  }
  return findings;
}

/** Seconds of silence, of any length, before the first and after the last sound; a silent file is all leading silence. */
export function endSilences({ rmsDbfs, windowSeconds, durationSeconds }: QuietWindows): {
  leading: number;
  trailing: number;
} {
  const first = rmsDbfs.findIndex((dbfs) => dbfs >= SILENCE_DBFS);
  if (first === -1) return { leading: durationSeconds, trailing: 0 };
  const last = rmsDbfs.findLastIndex((dbfs) => dbfs >= SILENCE_DBFS);
  return { leading: first * windowSeconds, trailing: Math.max(0, durationSeconds - (last + 1) * windowSeconds) };
}

/** Zeros in all channels for 1 ms to 0.5 s, between windows that sound. */
export function dropoutFindings({ rmsDbfs, windowSeconds, zeros }: QuietWindows): Finding[] {
  const sounds = (window: number) => window >= 0 && window < rmsDbfs.length && rmsDbfs[window] > DROPOUT_DBFS;
  return zeros
    .filter(({ startSeconds, endSeconds }) => {
      if (endSeconds - startSeconds >= MIN_SILENCE_SECONDS) return false;
      const before = Math.floor(startSeconds / windowSeconds + 1e-6) - 1;
      return sounds(before) && sounds(Math.ceil(endSeconds / windowSeconds - 1e-6));
    })
    .map(({ startSeconds, endSeconds }) => ({
      kind: "dropout",
      startSeconds,
      endSeconds,
      severity: "error",
      detail: `${((endSeconds - startSeconds) * 1000).toFixed(1)} ms of zeros between sound`,
    }));
}

/** What holds for the whole file: offset, relations of the channels, hum, and a spectrum that breaks off. */
export function lastingFindings(
  durationSeconds: number,
  { means }: ChannelStatistics,
  image: StereoImage,
  spectra: SampledSpectra,
): Finding[] {
  const findings: Finding[] = [];
  const add = (kind: FindingKind, severity: Finding["severity"], detail: string) =>
    findings.push({ kind, startSeconds: 0, endSeconds: durationSeconds, severity, detail });
  const offset = greatestOffset(means);
  if (Math.abs(offset) >= MAX_DC) add("dc_offset", "warning", `mean sample ${offset.toFixed(4)} of full scale`);
  if (image.kind === "silent_channel") add("silent_channel", "error", "one of two channels is silent");
  if (image.kind === "inverted") add("inverted_channel", "error", "the channels are of opposite polarity");
  if (image.kind === "dual_mono") add("dual_mono", "info", "both channels hold the same signal");
  if (image.kind === "delayed_mono") {
    const lagMs = 1000 * (image.lagSeconds ?? 0);
    const [later, earlier] = lagMs > 0 ? ["second", "first"] : ["first", "second"];
    add("delayed_mono", "warning", `the ${later} channel is the ${earlier}, ${Math.abs(lagMs).toFixed(2)} ms later`);
  }
  const hum = findHum(spectra.lowPower, spectra.lowBins, spectra.binHz, spectra.fullScale);
  if (hum !== null)
    add("hum", "warning", `${hum.hz} Hz and harmonics at ${powerToDecibels(hum.power).toFixed(0)} dBFS`);
  const edgeHz = bandEdgeHz(spectra.power, spectra.binHz, spectra.fullScale);
  if (edgeHz !== null) {
    add("band_limited", "warning", `nothing above ${edgeHz} Hz, as after lossy coding or a lower sample rate`);
  }
  return findings;
}

/** The mean, with its sign, of the channel whose mean is farthest from 0. */
export function greatestOffset(means: readonly number[]): number {
  return means.reduce((greatest, mean) => (Math.abs(mean) > Math.abs(greatest) ? mean : greatest), 0);
}

function placeOf(start: number, end: number, duration: number): string {
  if (start === 0) return end >= duration ? "whole file" : "leading";
  return end >= duration ? "trailing" : "inner";
}
