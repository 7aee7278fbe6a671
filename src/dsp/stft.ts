/** The short-time Fourier transform with its phases, and the way back by overlap-add. */
import { createRealTransform } from "./real-transform.ts";
import { hannWindow } from "./windows.ts";

/** Complex spectra of consecutive frames, each array `[frame][bin]` in one row. */
export interface Spectrogram {
  readonly frames: number;
  readonly bins: number;
  readonly real: Float32Array;
  readonly imaginary: Float32Array;
}

export interface Stft {
  readonly nFft: number;
  readonly hop: number;
  readonly bins: number;
  /** Spectra of `frames` frames; frame t begins at sample `t · hop` of `y`. Samples beyond the end of `y` are 0. */
  analyse(y: Float32Array, frames: number): Spectrogram;
  /** Adds the windowed frames to `target`, where frame t begins at `t · hop`; what lies beyond its end is dropped. */
  overlapAdd(spectrogram: Spectrogram, target: Float32Array): void;
  /** The sum of the squared windows of so many frames: what overlap-adding multiplies a signal by. */
  windowPower(frames: number): Float32Array;
}

/** Window power below this cannot be divided by; torch.istft and librosa.istft use like bounds. */
const LEAST_POWER = 1e-8;

/**
 * Opens a transform, unnormalised, with `nFft` of 2^n or 3 · 2^n and a window of that length: the periodic Hann window unless another is given.
 * Least-squares inversion: Griffin & Lim, "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP
 * 32(2), 1984, equation 6.
 */
export function openStft(nFft: number, hop: number, window = hannWindow(nFft)): Stft {
  const transform = createRealTransform(nFft);
  const { bins } = transform;
  const y = new Float64Array(nFft);
  const real = new Float64Array(bins);
  const imaginary = new Float64Array(bins);
  return {
    nFft,
    hop,
    bins,
    analyse(samples, frames) {
      const spectrogram = emptySpectrogram(frames, bins);
      for (let frame = 0; frame < frames; frame++) {
        const start = frame * hop;
        const count = Math.max(0, Math.min(nFft, samples.length - start));
        for (let n = 0; n < count; n++) y[n] = window[n] * samples[start + n];
        y.fill(0, count);
        transform.forward(y, real, imaginary);
        spectrogram.real.set(real, frame * bins);
        spectrogram.imaginary.set(imaginary, frame * bins);
      }
      return spectrogram;
    },
    overlapAdd(spectrogram, target) {
      for (let frame = 0; frame < spectrogram.frames; frame++) {
        const row = frame * bins;
        real.set(spectrogram.real.subarray(row, row + bins));
        imaginary.set(spectrogram.imaginary.subarray(row, row + bins));
        transform.inverse(real, imaginary, y);
        const start = frame * hop;
        const count = Math.min(nFft, target.length - start);
        for (let n = 0; n < count; n++) target[start + n] += window[n] * y[n];
      }
    },
    windowPower(frames) {
      const power = new Float32Array(Math.max(0, frames - 1) * hop + nFft);
      for (let frame = 0; frame < frames; frame++) {
        for (let n = 0; n < nFft; n++) power[frame * hop + n] += window[n] * window[n];
      }
      return power;
    },
  };
}

/** Zeros. */
export function emptySpectrogram(frames: number, bins: number): Spectrogram {
  return { frames, bins, real: new Float32Array(frames * bins), imaginary: new Float32Array(frames * bins) };
}

/** The signal of a spectrogram, (frames - 1) · hop + nFft samples; 0 where no window reaches. */
export function resynthesise(stft: Stft, spectrogram: Spectrogram): Float32Array {
  const power = stft.windowPower(spectrogram.frames);
  const y = new Float32Array(power.length);
  stft.overlapAdd(spectrogram, y);
  for (let n = 0; n < y.length; n++) y[n] = power[n] > LEAST_POWER ? y[n] / power[n] : 0;
  return y;
}

/** The signal with `before` and `after` samples mirrored at its ends, which are not repeated; it must be longer than either. */
export function reflectPad(y: Float32Array, before: number, after: number): Float32Array {
  const padded = new Float32Array(before + y.length + after);
  padded.set(y, before);
  for (let n = 0; n < before; n++) padded[n] = y[before - n];
  for (let n = 0; n < after; n++) padded[before + y.length + n] = y[y.length - 2 - n];
  return padded;
}
