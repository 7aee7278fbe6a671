/** The peak of the continuous signal that samples stand for. */
import { openKernel } from "./kernel/kernel.ts";
import { kaiserWindow } from "./windows.ts";

/** Samples that each value in between is made of; with the window below flat within 0.04 dB up to 0.417 of the rate. */
const TAPS = 24;
const HALF_TAPS = TAPS / 2;
const BETA = 5;
/** Rates from here on are oversampled by two, lower ones by four (ITU-R BS.1770-5, annex 2). */
const HIGH_RATE = 88_200;
/** Samples that the kernel judges together; at least half the taps, so that a window reaches into its neighbours only. */
const WINDOW = 32;
const CAPACITY = 4096;
/** Sums of greater samples may overflow single precision. */
const GREATEST = 1e37;

/** Greatest absolute value so far, and where. */
export interface TruePeak {
  /** 1 is full scale; at least the sample peak. */
  readonly peak: number;
  /** The greatest absolute sample. */
  readonly samplePeak: number;
  /** The sample at or before the peak; 0 in silence. */
  readonly position: number;
}

/** A running measurement of one channel. */
export interface TruePeakMeter {
  push(samples: Float32Array): void;
  /** The stream has ended, as if zeros followed. Called once. */
  end(): TruePeak;
}

/** How the value at a share of the way to the next sample is made, and how far it can be from the straight line. */
interface Interpolator {
  readonly taps: Float64Array;
  /** |value| <= (1 + `slope`) · greatest neighbour + `bend` · greatest second difference in reach. */
  readonly slope: number;
  readonly bend: number;
}

/** Where the kernel keeps its state (kernel/interpolate.ts). */
const STATE = { peak: 0, samplePeak: 1, position: 5, size: 8 + WINDOW };

/**
 * Opens a true-peak meter: samples and the values between them at four times the rate (twice from 88.2 kHz on), by a windowed
 * sinc of 24 samples, with zeros before the start and after the end. It reads at most 0.6 dB too little (a sine at 0.45 of the
 * rate that falls between the finer samples), within the -0.4 / +0.2 dB of EBU Tech 3341 up to 0.33 of the rate. Single
 * precision: within 2e-6 of the peak; beyond 1e37 what lies between samples is not measured.
 * ITU-R BS.1770-5, annex 2, whose own filter has 12 samples.
 *
 * Most stretches are skipped: a value between two samples exceeds them by no more than a constant times the greatest second
 * difference around, so where that bound is below the peak so far nothing is interpolated. The result is exactly that of
 * interpolating everything.
 */
export function openTruePeakMeter(sampleRate: number): TruePeakMeter {
  const interpolators = interpolatorsAt(sampleRate);
  const slope = 1 + Math.max(...interpolators.map((one) => one.slope));
  const bend = Math.max(...interpolators.map((one) => one.bend));
  const kernel = openKernel();
  const taps = kernel.floats(interpolators.length * TAPS);
  for (const [phase, one] of interpolators.entries()) taps.set(one.taps, phase * TAPS);
  const state = kernel.floats(STATE.size);
  const positions = new Int32Array(state.buffer, state.byteOffset, state.length);
  // y[0] is sample `first` of the stream; windows of zeros stand before it.
  const y = kernel.floats(CAPACITY);
  let first = -3 * WINDOW;
  let filled = 3 * WINDOW;
  // The window [next, next + WINDOW) is measured, then the one before it is judged.
  let next = 2 * WINDOW;
  let position = 0;

  function drain(): void {
    const windows = Math.floor((filled - 1 - next) / WINDOW);
    if (windows <= 0) return;
    const before = state[STATE.peak];
    kernel.functions.truePeak(
      y.byteOffset,
      next,
      windows,
      taps.byteOffset,
      interpolators.length,
      slope,
      bend,
      state.byteOffset,
    );
    if (state[STATE.peak] > before) position = first + positions[STATE.position];
    next += windows * WINDOW;
    const drop = next - 2 * WINDOW;
    y.copyWithin(0, drop, filled);
    first += drop;
    filled -= drop;
    next -= drop;
  }

  function push(samples: Float32Array): void {
    for (let start = 0; start < samples.length; ) {
      const count = Math.min(samples.length - start, CAPACITY - filled);
      y.set(samples.subarray(start, start + count), filled);
      filled += count;
      start += count;
      drain();
    }
  }

  return {
    push,
    end() {
      push(new Float32Array(3 * WINDOW));
      const samplePeak = state[STATE.samplePeak];
      const peak = Math.min(state[STATE.peak], Math.max(GREATEST, samplePeak));
      return { peak, samplePeak, position: Math.max(0, position) };
    },
  };
}

/** One interpolator for each value between two samples. */
function interpolatorsAt(sampleRate: number): Interpolator[] {
  const shares = sampleRate < HIGH_RATE ? [0.25, 0.5, 0.75] : [0.5];
  return shares.map(interpolator);
}

function interpolator(share: number): Interpolator {
  const taps = Float64Array.from({ length: TAPS }, (_, tap) => {
    const distance = tap - HALF_TAPS + 1 - share;
    return (Math.sin(Math.PI * distance) / (Math.PI * distance)) * kaiserWindow(distance / HALF_TAPS, BETA);
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  for (let tap = 0; tap < TAPS; tap++) taps[tap] /= sum;
  // What is left when the straight line is taken away sums to 0: it is a filter of first differences, and that, less its sum
  // (a multiple of one first difference), a filter of second differences.
  let [run, slope] = [0, 0];
  const firstDifferences = taps.map((tap, index) => {
    run += tap - (index === HALF_TAPS - 1 ? 1 - share : index === HALF_TAPS ? share : 0);
    slope += run;
    return run;
  });
  firstDifferences[HALF_TAPS - 1] -= slope;
  let [sumSoFar, bend] = [0, 0];
  for (const value of firstDifferences) {
    sumSoFar += value;
    bend += Math.abs(sumSoFar);
  }
  return { taps, slope: 2 * Math.abs(slope), bend };
}
