/** The frequency weighting of loudness. */
import { openKernel } from "./kernel/kernel.ts";

/**
 * The analog prototypes behind the two filters that ITU-R BS.1770-5 tabulates for 48 kHz: a shelf for the head, then a
 * high pass. Found by inverting the bilinear transform (Mansbridge, Finn & Reiss, AES 132, 2012; De Man, 2014).
 */
const SHELF = { hz: 1681.974450955533, db: 3.999843853973347, q: 0.7071752369554196, midPower: 0.4996667741545416 };
const HIGH_PASS = { hz: 38.13547087602444, q: 0.5003270373238773 };
const STANDARD_RATE = 48_000;
/** States below are set to 0, so that the filters' tails in silence do not end in denormal numbers, which are slow. */
const NEGLIGIBLE = 1e-60;

/** One second-order section, a0 being 1: y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]. */
export interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/** A running K-weighting of two channels. */
export interface KWeighting {
  /** Filters samples that follow those given before, as many of each channel and at most as many as there is room for. */
  push(left: Float32Array, right: Float32Array): void;
  /** The sums of the squares of what was filtered since they were last taken, left and right. */
  takeEnergies(): readonly [number, number];
}

/**
 * The two sections of K-weighting at a rate in Hz, in order: at 48 kHz the coefficients of ITU-R BS.1770-5, annex 1, tables 1
 * and 2; at others the same analog filters through the bilinear transform, warped to keep the corners. The tabulated high
 * pass has a gain of 1.005 above its corner, which is kept at every rate, so that a tone has the same loudness at each. Below
 * 3.7 kHz, where the shelf's corner is at or above the end of the band, the first section does nothing.
 */
export function kWeightingSections(sampleRate: number): readonly [Biquad, Biquad] {
  return [shelf(sampleRate), highPass(sampleRate)];
}

/**
 * Opens the weighting of two channels side by side, in double precision, with room for `maxLength` samples at a time; it begins
 * as if silence came before.
 */
export function openKWeighting(sampleRate: number, maxLength: number): KWeighting {
  const [first, second] = kWeightingSections(sampleRate);
  // The numerator of the high pass is gain · (1, -2, 1); the gain is applied to the sum.
  const power = second.b0 * second.b0;
  const kernel = openKernel();
  const [y, z] = [kernel.floats(maxLength), kernel.floats(maxLength)];
  const coefficients = kernel.doubles(7);
  coefficients.set([first.b0, first.b1, first.b2, first.a1, first.a2, second.a1, second.a2]);
  // Eight states of the sections, then the two sums.
  const state = kernel.doubles(10);
  return {
    push(left, right) {
      y.set(left);
      z.set(right);
      const { weightedEnergy } = kernel.functions;
      weightedEnergy(y.byteOffset, z.byteOffset, left.length, coefficients.byteOffset, state.byteOffset);
    },
    takeEnergies() {
      const [left, right] = [power * state[8], power * state[9]];
      for (let index = 0; index < 8; index++) if (Math.abs(state[index]) < NEGLIGIBLE) state[index] = 0;
      state.fill(0, 8);
      return [left, right];
    },
  };
}

function shelf(sampleRate: number): Biquad {
  if (sampleRate < 2.2 * SHELF.hz) return { b0: 1, b1: 0, b2: 0, a1: 0, a2: 0 };
  const k = Math.tan((Math.PI * SHELF.hz) / sampleRate);
  const high = 10 ** (SHELF.db / 20);
  const mid = high ** SHELF.midPower;
  const a0 = 1 + k / SHELF.q + k * k;
  return {
    b0: (high + (mid * k) / SHELF.q + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - (mid * k) / SHELF.q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / SHELF.q + k * k) / a0,
  };
}

function highPass(sampleRate: number): Biquad {
  const denominator = (rate: number) => {
    const k = Math.tan((Math.PI * HIGH_PASS.hz) / rate);
    return { k, a0: 1 + k / HIGH_PASS.q + k * k };
  };
  const { k, a0 } = denominator(sampleRate);
  // 1 at 48 kHz, where the standard leaves the numerator at 1, -2, 1.
  const gain = denominator(STANDARD_RATE).a0 / a0;
  return { b0: gain, b1: -2 * gain, b2: gain, a1: (2 * (k * k - 1)) / a0, a2: (1 - k / HIGH_PASS.q + k * k) / a0 };
}
