/** The short-time Fourier transform of the analysis copy, as power. */
import { openPowerSpectrogram } from "../dsp/power-spectrogram.ts";
import type { Stage } from "./extractor.ts";
import { MONO_SAMPLE_RATE, type MonoChunk, monoSignal } from "./mono-signal.ts";

export const N_FFT = 2048;
/** Distance of the frames in samples of the analysis copy: 23.2 ms. */
export const HOP_LENGTH = 512;
export const BINS = N_FFT / 2 + 1;
export const BIN_HZ = MONO_SAMPLE_RATE / N_FFT;
export const HOP_SECONDS = HOP_LENGTH / MONO_SAMPLE_RATE;

/** Consecutive frames, up to 64: the first `frames` rows of `power`, `[frame][bin]` flat, `BINS` values each. */
export interface SpectrumChunk {
  readonly power: Float32Array;
  readonly frames: number;
}

/**
 * |X|² of frames of 2048 samples, 512 apart, under a periodic Hann window, centred, with zeros before the start and after the
 * end: librosa.stft(center=True, pad_mode="constant"). A full-scale sine on a bin gives 512² there. No samples give no frames.
 */
export const powerSpectrogram: Stage<MonoChunk, SpectrumChunk> = {
  name: "powerSpectrogram",
  from: monoSignal,
  open() {
    const spectrogram = openPowerSpectrogram(N_FFT, HOP_LENGTH);
    return {
      push: ({ samples, length }, emit) =>
        spectrogram.push(samples, length, (power, frames) => emit({ power, frames })),
      end: (emit) => spectrogram.end((power, frames) => emit({ power, frames })),
    };
  },
};
