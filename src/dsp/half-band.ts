/** Halving of the sample rate. */
import { kaiserBeta, kaiserWindow } from "./windows.ts";

/** A running decimator by two: every sample in order, half as many out. */
export interface Halver {
  /** Takes `length` samples and writes the output that is complete into `output`; returns how many. */
  push(samples: ArrayLike<number>, length: number, output: Float64Array): number;
}

/** Taps to each side: with a Kaiser window for 50 dB the stop band begins at 0.29 of the input rate. */
const REACH = 19;
const STOP_BAND_DB = 50;

/** Output comes this many input samples late: output m stands at input sample 2m - HALVER_DELAY. */
export const HALVER_DELAY = REACH;

/**
 * Makes a decimator by two with a half-band filter: pass band to 0.21 of the input rate within 0.03 dB, below -50 dB
 * from 0.29, so that aliases stay above 0.21. The signal is zero before its start. Every other tap but the middle is
 * zero: Bellanger, Daguet & Lepagnol, "Interpolation, extrapolation, and reduction of computation speed in digital
 * filters", IEEE Trans. ASSP 22(4), 1974.
 */
export function openHalver(): Halver {
  const taps = Float64Array.from({ length: (REACH + 1) / 2 }, (_, index) => {
    const distance = 2 * index + 1;
    const ideal = Math.sin((Math.PI * distance) / 2) / (Math.PI * distance);
    return ideal * kaiserWindow(distance / (REACH + 1), kaiserBeta(STOP_BAND_DB));
  });
  const gain = 0.5 / (2 * taps.reduce((sum, tap) => sum + tap, 0));
  for (let index = 0; index < taps.length; index++) taps[index] *= gain;
  const span = 2 * REACH + 1;
  let history = new Float64Array(2 * span);
  let held = span - 1;

  return {
    push(samples, length, output) {
      if (history.length < held + length) {
        const grown = new Float64Array(held + length);
        grown.set(history.subarray(0, held));
        history = grown;
      }
      for (let n = 0; n < length; n++) history[held + n] = samples[n];
      const available = held + length;
      let count = 0;
      let start = 0;
      for (; start + span <= available; start += 2) {
        const centre = start + REACH;
        let sum = 0.5 * history[centre];
        for (let index = 0; index < taps.length; index++) {
          const distance = 2 * index + 1;
          sum += taps[index] * (history[centre - distance] + history[centre + distance]);
        }
        output[count++] = sum;
      }
      history.copyWithin(0, start, available);
      held = available - start;
      return count;
    },
  };
}
