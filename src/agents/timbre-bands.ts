/** How the energy of a recording is spread over frequency. */
import { powerToDecibels } from "../dsp/decibels.ts";
import { melFilters } from "../dsp/mel-filter-bank.ts";
import type { MeanPowerSpectrum } from "../features/mean-power-spectrum.ts";
import { MONO_SAMPLE_RATE } from "../features/mono-signal.ts";
import { BIN_HZ, N_FFT } from "../features/power-spectrogram.ts";
import type { SampledSpectra } from "../features/sampled-spectra.ts";
import { round } from "./rounding.ts";

/** Lower edges, Hz, by the names of mixing; each band ends where the next begins. */
const BANDS = [
  ["sub", 20],
  ["bass", 60],
  ["low_mid", 250],
  ["mid", 500],
  ["high_mid", 2000],
  ["presence", 4000],
  ["brilliance", 6000],
  ["air", 10_000],
] as const;

/** From here on the analysis copy is filtered, Hz. */
const AIR_HZ = 10_000;
const MEL_COUNT = 24;
/** Levels below say no more than that there is nothing, dB. */
const LOWEST_DB = -120;

export type BandLevels = Record<(typeof BANDS)[number][0], number | null>;

/**
 * Power of each band over that of all above 20 Hz, dB, at most 0; at least -120. Up to 10 kHz from the mean spectrum of
 * the mono mix; above, from what the sampled spectra of the original say it has over what lies below; null where there are
 * none, or the rate ends below. Null where nothing sounds.
 */
export function bandLevels({ power }: MeanPowerSpectrum, sampledSpectra: SampledSpectra): BandLevels | null {
  const edges = BANDS.map(([, hz]) => hz);
  const powers = edges.slice(0, -1).map((hz, band) => powerBetween(power, BIN_HZ, hz, edges[band + 1]));
  const below = powers.reduce((sum, value) => sum + value, 0);
  if (!(below > 0)) return null;
  const share = airShare(sampledSpectra);
  const total = below * (1 + (share ?? 0));
  const levels = [...powers, share === null ? Number.NaN : below * share].map((value) =>
    Number.isNaN(value) ? null : round(Math.max(LOWEST_DB, powerToDecibels(value / total)), 2),
  );
  return Object.fromEntries(BANDS.map(([name], band) => [name, levels[band]])) as BandLevels;
}

/**
 * `MEL_COUNT` mel bands (Slaney's, 0 to 11025 Hz) of the mean power spectrum, dB relative to their sum, at least -120.
 * Empty where nothing sounds.
 */
export function melLevels({ power }: MeanPowerSpectrum): number[] {
  const filters = melFilters(MONO_SAMPLE_RATE, N_FFT, MEL_COUNT, 0, MONO_SAMPLE_RATE / 2);
  const powers = filters.map(({ first, weights }) =>
    Array.from(weights).reduce((sum, weight, index) => sum + weight * power[first + index], 0),
  );
  const total = powers.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return [];
  return powers.map((value) => round(Math.max(LOWEST_DB, powerToDecibels(value / total)), 1) ?? LOWEST_DB);
}

/** Power above 10 kHz over that from 20 Hz to there. */
function airShare({ power, binHz, frames }: SampledSpectra): number | null {
  if (frames === 0 || power.length * binHz <= AIR_HZ) return null;
  const below = powerBetween(power, binHz, BANDS[0][1], AIR_HZ);
  return below > 0 ? powerBetween(power, binHz, AIR_HZ, power.length * binHz) / below : null;
}

/** Sum over the bins from `lowHz` to below `highHz`. */
function powerBetween(power: Float64Array, binHz: number, lowHz: number, highHz: number): number {
  let sum = 0;
  const end = Math.min(power.length, Math.ceil(highHz / binHz));
  for (let bin = Math.ceil(lowHz / binHz); bin < end; bin++) sum += power[bin];
  return sum;
}
