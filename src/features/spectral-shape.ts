/** The shape of each spectrum in five numbers, by librosa's definitions. */
import { powerToDecibels } from "../dsp/decibels.ts";
import { FloatSeries } from "../dsp/float-series.ts";
import type { Feature } from "./extractor.ts";
import { BIN_HZ, BINS, N_FFT, powerSpectrogram, type SpectrumChunk } from "./power-spectrogram.ts";

/** One value a frame; 20 bytes a frame: 9.3 MB for three hours. */
export interface SpectralShape {
  /** Magnitude-weighted mean frequency, Hz; 0 for a silent frame. */
  readonly centroidHz: Float32Array;
  /** Magnitude-weighted standard deviation around the centroid, Hz; 0 for a silent frame. */
  readonly bandwidthHz: Float32Array;
  /** Lowest frequency that 85 % of the magnitude lies at or below, Hz; 0 for a silent frame. */
  readonly rolloffHz: Float32Array;
  /** Geometric over arithmetic mean of power, 0 (a line) to 1 (flat); 1 for a silent frame. */
  readonly flatness: Float32Array;
  /** Level of the windowed frame: a full-scale sine has -3.01; -Infinity for a silent frame. */
  readonly energyDbfs: Float32Array;
}

const ROLLOFF_SHARE = 0.85;
const FLATNESS_FLOOR = 1e-10;
/** Bins whose powers are multiplied before the logarithm is taken of the product. */
const LOG_GROUP = 8;
/** Σ|X|² of half a spectrum under a periodic Hann window, over the mean square of the frame: N_FFT² · 3/8 / 2. */
const ENERGY_SCALE = (N_FFT * N_FFT * 3) / 16;

/**
 * Centroid, bandwidth and rolloff on magnitude, flatness on power with a floor of 1e-10, as librosa.feature.spectral_*.
 * Klapuri & Davy (eds), "Signal Processing Methods for Music Transcription", Springer, 2006, chapter 5; flatness: Dubnov,
 * "Generalization of spectral flatness measure for non-Gaussian linear processes", IEEE Signal Processing Letters 11(8), 2004.
 */
export const spectralShape: Feature<SpectrumChunk, SpectralShape> = {
  name: "spectralShape",
  from: powerSpectrogram,
  open() {
    const centroidHz = new FloatSeries();
    const bandwidthHz = new FloatSeries();
    const rolloffHz = new FloatSeries();
    const flatness = new FloatSeries();
    const energyDbfs = new FloatSeries();
    const magnitude = new Float64Array(BINS);

    return {
      push({ power, frames }) {
        for (let frame = 0; frame < frames; frame++) {
          const row = frame * BINS;
          const total = magnitudes(power, row, magnitude);
          const centroid = total === 0 ? 0 : weightedBins(magnitude) / total;
          centroidHz.push(centroid * BIN_HZ);
          bandwidthHz.push(total === 0 ? 0 : Math.sqrt(spread(magnitude, centroid) / total) * BIN_HZ);
          rolloffHz.push(rolloffBin(magnitude, ROLLOFF_SHARE * total) * BIN_HZ);
          const sum = sumOf(power, row);
          flatness.push(flatnessOf(power, row));
          energyDbfs.push(powerToDecibels(sum / ENERGY_SCALE));
        }
      },
      finish: () => ({
        centroidHz: centroidHz.toArray(),
        bandwidthHz: bandwidthHz.toArray(),
        rolloffHz: rolloffHz.toArray(),
        flatness: flatness.toArray(),
        energyDbfs: energyDbfs.toArray(),
      }),
    };
  },
};

/** Writes the square roots of a row and returns their sum. */
function magnitudes(power: Float64Array, row: number, magnitude: Float64Array): number {
  let total = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const value = Math.sqrt(power[row + bin]);
    magnitude[bin] = value;
    total += value;
  }
  return total;
}

function weightedBins(magnitude: Float64Array): number {
  let sum = 0;
  for (let bin = 0; bin < BINS; bin++) sum += bin * magnitude[bin];
  return sum;
}

function spread(magnitude: Float64Array, centroid: number): number {
  let sum = 0;
  for (let bin = 0; bin < BINS; bin++) sum += (bin - centroid) * (bin - centroid) * magnitude[bin];
  return sum;
}

function rolloffBin(magnitude: Float64Array, threshold: number): number {
  let sum = 0;
  for (let bin = 0; bin < BINS; bin++) {
    sum += magnitude[bin];
    if (sum >= threshold) return bin;
  }
  return BINS - 1;
}

function sumOf(power: Float64Array, row: number): number {
  let sum = 0;
  for (let bin = 0; bin < BINS; bin++) sum += power[row + bin];
  return sum;
}

function flatnessOf(power: Float64Array, row: number): number {
  let sum = 0;
  let logs = 0;
  for (let bin = 0; bin < BINS; bin += LOG_GROUP) {
    const stop = Math.min(bin + LOG_GROUP, BINS);
    let product = 1;
    for (let k = bin; k < stop; k++) {
      const value = Math.max(power[row + k], FLATNESS_FLOOR);
      sum += value;
      product *= value;
    }
    logs += Math.log(product);
  }
  // Samples far beyond full scale: the product of a group no longer fits a double.
  if (logs === Number.POSITIVE_INFINITY) {
    logs = 0;
    for (let bin = 0; bin < BINS; bin++) logs += Math.log(Math.max(power[row + bin], FLATNESS_FLOOR));
  }
  return Math.exp(logs / BINS) / (sum / BINS);
}
