/** The mel power spectrogram: the spectrum as bands that are about equally wide to the ear. */
import { openFilterBank } from "../dsp/filter-bank.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { melFilters } from "../dsp/mel-filter-bank.ts";
import { FRAMES_PER_CHUNK } from "../dsp/power-spectrogram.ts";
import type { Stage } from "./extractor.ts";
import { MONO_SAMPLE_RATE } from "./mono-signal.ts";
import { BINS, N_FFT, powerSpectrogram, type SpectrumChunk } from "./power-spectrogram.ts";

export const MEL_BANDS = 128;

/** Consecutive frames: the first `frames` rows of `mel`, `[frame][band]` flat, `MEL_BANDS` values each. */
export interface MelChunk {
  readonly mel: Float32Array;
  readonly frames: number;
}

/** 128 bands from 0 to 11025 Hz of power, as librosa.feature.melspectrogram. */
export const melSpectrogram: Stage<SpectrumChunk, MelChunk> = {
  name: "melSpectrogram",
  from: powerSpectrogram,
  open() {
    const filters = melFilters(MONO_SAMPLE_RATE, N_FFT, MEL_BANDS, 0, MONO_SAMPLE_RATE / 2);
    const bank = openFilterBank(openKernel(), filters, BINS, FRAMES_PER_CHUNK);
    return {
      push({ power, frames }, emit) {
        bank.rows.set(power.subarray(0, frames * BINS));
        bank.apply(frames);
        emit({ mel: bank.bands, frames });
      },
      end() {},
    };
  },
};
