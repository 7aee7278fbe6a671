/** The Fourier transform of real signals and its inverse, for lengths of 2^n and 3 · 2^n. */
import { createRealFft } from "./real-fft.ts";

type Forward = (y: Float64Array, real: Float64Array, imaginary: Float64Array) => void;

/** A transform of one length; it holds scratch memory, so one run at a time. */
export interface RealTransform {
  readonly size: number;
  /** `size / 2 + 1`. */
  readonly bins: number;
  /** X[k] = Σ y[n] e^(-2πikn/size), unnormalised, for k = 0 to size / 2. `y` is not changed. */
  readonly forward: Forward;
  /** y[n] = 1/size Σ X[k] e^(2πikn/size), X continued by symmetry; imaginary parts of the first and last bin do not count. */
  readonly inverse: Forward;
}

/**
 * Makes a transform of `size` real samples.
 *
 * @throws RangeError unless the size is 2^n or 3 · 2^n and at least 4 (12).
 */
export function createRealTransform(size: number): RealTransform {
  const forward = size % 3 === 0 ? forwardInThirds(size) : createRealFft(size).forward;
  return { size, bins: size / 2 + 1, forward, inverse: inverseOf(size, forward) };
}

/**
 * By the Hartley transform, which is its own inverse and comes from the forward transform: Bracewell, "The Fast Hartley
 * Transform", Proc. IEEE 72(8), 1984.
 */
function inverseOf(size: number, forward: Forward): Forward {
  const half = size / 2;
  const hartley = new Float64Array(size);
  const real = new Float64Array(half + 1);
  const imaginary = new Float64Array(half + 1);
  return (spectrumReal, spectrumImaginary, y) => {
    hartley[0] = spectrumReal[0];
    hartley[half] = spectrumReal[half];
    for (let k = 1; k < half; k++) {
      hartley[k] = spectrumReal[k] - spectrumImaginary[k];
      hartley[size - k] = spectrumReal[k] + spectrumImaginary[k];
    }
    forward(hartley, real, imaginary);
    y[0] = real[0] / size;
    y[half] = real[half] / size;
    for (let n = 1; n < half; n++) {
      y[n] = (real[n] - imaginary[n]) / size;
      y[size - n] = (real[n] + imaginary[n]) / size;
    }
  };
}

/** Every third sample is transformed by itself; the three spectra are turned and added (Cooley & Tukey, 1965). */
function forwardInThirds(size: number): Forward {
  const third = size / 3;
  const fft = createRealFft(third);
  const parts = [0, 1, 2].map(() => ({
    y: new Float64Array(third),
    real: new Float64Array(fft.bins),
    imaginary: new Float64Array(fft.bins),
  }));
  const cosines = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: size }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  return (y, real, imaginary) => {
    for (const [part, { y: samples, real: re, imaginary: im }] of parts.entries()) {
      for (let n = 0; n < third; n++) samples[n] = y[3 * n + part];
      fft.forward(samples, re, im);
    }
    for (let k = 0; k <= size / 2; k++) {
      let [sumReal, sumImaginary] = [0, 0];
      // A third's spectrum repeats, and its upper half mirrors the lower.
      const index = k % third;
      const mirrored = index > third / 2;
      const bin = mirrored ? third - index : index;
      for (let part = 0; part < 3; part++) {
        const re = parts[part].real[bin];
        const im = mirrored ? -parts[part].imaginary[bin] : parts[part].imaginary[bin];
        const turn = (part * k) % size;
        sumReal += re * cosines[turn] + im * sines[turn];
        sumImaginary += im * cosines[turn] - re * sines[turn];
      }
      real[k] = sumReal;
      imaginary[k] = sumImaginary;
    }
  };
}
