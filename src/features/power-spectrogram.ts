/** The short-time Fourier transform of the analysis copy, as power. */
import { createRealFft } from "../dsp/real-fft.ts";
import { hannWindow } from "../dsp/windows.ts";
import type { Stage } from "./extractor.ts";
import { MONO_SAMPLE_RATE, type MonoChunk, monoSignal } from "./mono-signal.ts";

export const N_FFT = 2048;
/** Distance of the frames in samples of the analysis copy: 23.2 ms. */
export const HOP_LENGTH = 512;
export const BINS = N_FFT / 2 + 1;
export const BIN_HZ = MONO_SAMPLE_RATE / N_FFT;
export const HOP_SECONDS = HOP_LENGTH / MONO_SAMPLE_RATE;

/** Several frames a chunk, so that a kernel can work on frames side by side. */
const FRAMES_PER_CHUNK = 8;

/** Consecutive frames: the first `frames` rows of `power`, `[frame][bin]` flat, `BINS` values each. */
export interface SpectrumChunk {
  readonly power: Float64Array;
  readonly frames: number;
}

/**
 * |X|² of frames of 2048 samples, 512 apart, under a periodic Hann window. Frame t is centred on sample 512 t; zeros stand
 * before the start and after the end, so n samples give 1 + floor(n / 512) frames: librosa.stft(center=True,
 * pad_mode="constant"). A full-scale sine on a bin gives 512² there. No samples give no frames.
 */
export const powerSpectrogram: Stage<MonoChunk, SpectrumChunk> = {
  name: "powerSpectrogram",
  from: monoSignal,
  open() {
    const fft = createRealFft(N_FFT);
    const window = hannWindow(N_FFT);
    const pending = new Float64Array(N_FFT + HOP_LENGTH);
    const windowed = new Float64Array(N_FFT);
    const real = new Float64Array(BINS);
    const imaginary = new Float64Array(BINS);
    const power = new Float64Array(FRAMES_PER_CHUNK * BINS);
    let filled = N_FFT / 2;
    let sampleCount = 0;
    let framesDone = 0;
    let framesHeld = 0;

    function transformFrame(emit: (out: SpectrumChunk) => void): void {
      for (let n = 0; n < N_FFT; n++) windowed[n] = pending[n] * window[n];
      fft.forward(windowed, real, imaginary);
      const row = framesHeld * BINS;
      for (let k = 0; k < BINS; k++) power[row + k] = real[k] * real[k] + imaginary[k] * imaginary[k];
      framesDone++;
      framesHeld++;
      if (framesHeld === FRAMES_PER_CHUNK) flush(emit);
      pending.copyWithin(0, HOP_LENGTH, filled);
      filled -= HOP_LENGTH;
    }

    function flush(emit: (out: SpectrumChunk) => void): void {
      if (framesHeld > 0) emit({ power, frames: framesHeld });
      framesHeld = 0;
    }

    return {
      push({ samples, length }, emit) {
        sampleCount += length;
        let start = 0;
        while (start < length) {
          const count = Math.min(length - start, pending.length - filled);
          pending.set(samples.subarray(start, start + count), filled);
          filled += count;
          start += count;
          while (filled >= N_FFT) transformFrame(emit);
        }
      },
      end(emit) {
        const frames = sampleCount === 0 ? 0 : 1 + Math.floor(sampleCount / HOP_LENGTH);
        while (framesDone < frames) {
          pending.fill(0, filled);
          filled = N_FFT;
          transformFrame(emit);
        }
        flush(emit);
      },
    };
  },
};
