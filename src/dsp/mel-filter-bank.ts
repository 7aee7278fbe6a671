/** The mel filter bank: triangles on a perceptual frequency scale. */

import type { Filter } from "./filter-bank.ts";

const LINEAR_HZ_PER_MEL = 200 / 3;
const BREAK_HZ = 1000;
const BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

/**
 * Mel of a frequency on Slaney's scale: linear below 1 kHz, logarithmic above.
 * Slaney, "Auditory Toolbox", Interval Research technical report 1998-010; librosa's default (`htk=False`).
 */
export function hzToMel(hz: number): number {
  return hz < BREAK_HZ ? hz / LINEAR_HZ_PER_MEL : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
}

/** The inverse of `hzToMel`, Hz. */
export function melToHz(mel: number): number {
  return mel < BREAK_MEL ? mel * LINEAR_HZ_PER_MEL : BREAK_HZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));
}

/**
 * `bands` triangles between `minHz` and `maxHz`, equally spaced in mel, each of unit area in Hz (Slaney's norm), as
 * librosa.filters.mel, or with a peak of 1, as torchaudio's by default, over the `nFft / 2 + 1` bins of a spectrum. Low bands
 * narrower than a bin may weigh nothing.
 */
export function melFilters(
  sampleRate: number,
  nFft: number,
  bands: number,
  minHz: number,
  maxHz: number,
  norm: "area" | "peak" = "area",
): Filter[] {
  const minMel = hzToMel(minHz);
  const step = (hzToMel(maxHz) - minMel) / (bands + 1);
  const edgesHz = Float64Array.from({ length: bands + 2 }, (_, edge) => melToHz(minMel + step * edge));
  const bins = nFft / 2 + 1;
  return Array.from({ length: bands }, (_, band) => {
    const [left, centre, right] = edgesHz.subarray(band, band + 3);
    const weights: number[] = [];
    let first = 0;
    for (let bin = 0; bin < bins; bin++) {
      const hz = (bin * sampleRate) / nFft;
      const height = Math.min((hz - left) / (centre - left), (right - hz) / (right - centre));
      const weight = norm === "peak" ? height : (height * 2) / (right - left);
      if (weight <= 0) continue;
      if (weights.length === 0) first = bin;
      weights.push(weight);
    }
    return { first, weights };
  });
}
