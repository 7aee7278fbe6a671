/** The shape of each spectrum in five numbers, by librosa's definitions. */
import { powerToDecibels } from "../dsp/decibels.ts";
import { FloatSeries } from "../dsp/float-series.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { FRAMES_PER_CHUNK } from "../dsp/power-spectrogram.ts";
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
/** What the kernel gives for a frame: centroid, bandwidth, rolloff (bins), mean logarithm, mean of floored power, power. */
const VALUES = 6;
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
    const kernel = openKernel();
    const rows = kernel.floats(FRAMES_PER_CHUNK * BINS);
    const scratch = kernel.floats(2 * BINS);
    const values = kernel.doubles(FRAMES_PER_CHUNK * VALUES);

    return {
      push({ power, frames }) {
        rows.set(power.subarray(0, frames * BINS));
        kernel.functions.spectralShape(
          rows.byteOffset,
          frames,
          BINS,
          ROLLOFF_SHARE,
          FLATNESS_FLOOR,
          scratch.byteOffset,
          values.byteOffset,
        );
        for (let frame = 0; frame < frames; frame++) {
          const [centroid, bandwidth, rolloff, meanLog, mean, sum] = values.subarray(frame * VALUES);
          centroidHz.push(centroid * BIN_HZ);
          bandwidthHz.push(bandwidth * BIN_HZ);
          rolloffHz.push(rolloff * BIN_HZ);
          flatness.push(Math.exp(meanLog) / mean);
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
