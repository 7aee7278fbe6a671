/** The average spectrum of a file. */
import { openKernel } from "../dsp/kernel/kernel.ts";
import { FRAMES_PER_CHUNK } from "../dsp/power-spectrogram.ts";
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
    const kernel = openKernel();
    const rows = kernel.floats(FRAMES_PER_CHUNK * BINS);
    const sums = kernel.doubles(BINS);
    let count = 0;
    return {
      push({ power, frames }) {
        rows.set(power.subarray(0, frames * BINS));
        kernel.functions.addRows(rows.byteOffset, frames, BINS, sums.byteOffset);
        count += frames;
      },
      finish: () => ({ power: sums.map((sum) => sum / Math.max(count, 1)), frames: count }),
    };
  },
};
