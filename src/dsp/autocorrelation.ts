/** Autocorrelation by way of the power spectrum. */
import { createRealFft } from "./real-fft.ts";

/** A computation of one size, with its tables and scratch memory. */
export interface Autocorrelator {
  /** Writes Σ y[n] y[n + lag] for each lag into `result`; `y` and `result` may be at most as long as it was made for. */
  apply(y: Float64Array, result: Float64Array): void;
}

/**
 * Makes an autocorrelation of up to `size` samples and lags 0 to `lags - 1`, unnormalised and not circular (zeros follow the
 * signal). The spectrum's power transformed once more is the autocorrelation: Wiener-Khinchin. Zeros give zeros.
 */
export function createAutocorrelator(size: number, lags: number): Autocorrelator {
  let padded = 4;
  while (padded < size + lags) padded *= 2;
  const fft = createRealFft(padded);
  const buffer = new Float64Array(padded);
  const real = new Float64Array(fft.bins);
  const imaginary = new Float64Array(fft.bins);
  return {
    apply(y, result) {
      buffer.fill(0);
      buffer.set(y);
      fft.forward(buffer, real, imaginary);
      for (let k = 0; k < fft.bins; k++) {
        buffer[k] = real[k] * real[k] + imaginary[k] * imaginary[k];
        if (k > 0 && k < fft.bins - 1) buffer[padded - k] = buffer[k];
      }
      fft.forward(buffer, real, imaginary);
      for (let lag = 0; lag < result.length; lag++) result[lag] = real[lag] / padded;
    },
  };
}
