/** The average spectrum of a file. */
import type { Feature } from "./extractor.ts";
import { BINS, powerSpectrogram, type SpectrumChunk } from "./power-spectrogram.ts";

export interface MeanPowerSpectrum {
  /** `[bin]`: mean of |X|² over all frames; a full-scale sine on a bin gives 512² there. All zero without frames. */
  readonly power: Float64Array;
  readonly frames: number;
}

/** The mean power of every bin over all frames (Welch, IEEE Trans. Audio Electroacoustics 15(2), 1967). */
export const meanPowerSpectrum: Feature<SpectrumChunk, MeanPowerSpectrum> = {
  name: "meanPowerSpectrum",
  from: powerSpectrogram,
  open() {
    const sums = new Float64Array(BINS);
    let count = 0;
    return {
      push({ power, frames }) {
        for (let frame = 0; frame < frames; frame++) {
          const row = frame * BINS;
          for (let bin = 0; bin < BINS; bin++) sums[bin] += power[row + bin];
        }
        count += frames;
      },
      finish: () => ({ power: sums.map((sum) => sum / Math.max(count, 1)), frames: count }),
    };
  },
};
