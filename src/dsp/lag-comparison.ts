/** How unlike the windows of a signal are that lie some samples apart, in many frames at a time, by the SIMD kernel. */
import { openKernel } from "./kernel/kernel.ts";
import { transformTables } from "./transform-tables.ts";

/** A later window counts as no more than 20 dB softer, or rounding would decide. */
const SOFTEST = 0.01;

/** A comparison of one frame size, with its tables and memory; one run at a time. */
export interface LagComparison {
  /** The samples of the frames, which overlap: room for `(maxFrames - 1) · hopLength + frameLength`. */
  readonly samples: Float32Array;
  /**
   * `[frame][lag]` flat, `rowLength` a frame, lags 0 to `lastLag`: one minus the normalised cross-correlation of the frame's first
   * `windowLength` samples with as many after the lag, in [0, 2]; 1 where nothing sounds.
   */
  readonly unlikeness: Float32Array;
  /** The same shape: the unlikeness over its mean from lag 1 on; 1 at lag 0, and where all up to a lag is 0. */
  readonly normalised: Float32Array;
  readonly rowLength: number;
  /** `[frame]` of two: the mean of the frame's samples, and the sum of the squares of what is left without it. */
  readonly energy: Float32Array;
  /** Computes the first `frames` rows from the samples. */
  run(frames: number): void;
}

/**
 * Opens a comparison in frames of `frameLength` samples, a power of two of at least 32, `hopLength` apart, by FFT; the frame's mean is
 * taken out first. Single precision: unlikeness is within 2e-6. Talkin, "A robust algorithm for pitch tracking (RAPT)", Speech
 * Coding and Synthesis, Elsevier, 1995; the mean: de Cheveigné & Kawahara, "YIN, a fundamental frequency estimator for speech
 * and music", JASA 111(4), 2002, equation 8.
 *
 * @throws RangeError when window and last lag do not fit a frame together.
 */
export function openLagComparison(
  frameLength: number,
  hopLength: number,
  windowLength: number,
  lastLag: number,
  maxFrames: number,
): LagComparison {
  if (windowLength + lastLag > frameLength) {
    throw new RangeError(`A window of ${windowLength} and lags to ${lastLag} do not fit a frame of ${frameLength}.`);
  }
  const kernel = openKernel();
  const half = frameLength / 2;
  const rowLength = 4 * Math.ceil((lastLag + 1) / 4);
  const { order, twiddles, splits } = transformTables(kernel, frameLength);
  // The kernel takes four frames at a time, whatever is asked for.
  const rows = 4 * Math.ceil(maxFrames / 4);
  const samples = kernel.floats((rows - 1) * hopLength + frameLength);
  const unlikeness = kernel.floats(rows * rowLength);
  const normalised = kernel.floats(rows * rowLength);
  const energy = kernel.floats(rows * 2);
  const work = kernel.floats(36 * half + 128);
  return {
    samples,
    unlikeness,
    normalised,
    rowLength,
    energy,
    run: (frames) =>
      kernel.functions.compareLags(
        samples.byteOffset,
        frames,
        hopLength,
        half,
        windowLength,
        lastLag,
        SOFTEST,
        order.byteOffset,
        twiddles.byteOffset,
        splits.byteOffset,
        work.byteOffset,
        rowLength,
        unlikeness.byteOffset,
        normalised.byteOffset,
        energy.byteOffset,
      ),
  };
}
