/** Spectra of two signals at a time and their sums over frames, by the SIMD kernel. */
import { openKernel } from "./kernel/kernel.ts";
import { transformTables } from "./transform-tables.ts";
import { hannWindow } from "./windows.ts";

/** Bytes of kernel memory for each sample of a frame, and for all the rest. */
const MEMORY = { bytesPerSample: 80, rest: 1_000_000, page: 65_536 };

/** Samples beyond this, 120 dB above full scale, count as this: single precision could not hold their powers. */
const GREATEST_SAMPLE = 1e6;

/** Running sums over frames of one size. */
export interface PairSpectra {
  /** The frame's samples, of one size; they stay, but for the limit of ±1e6. One signal alone stands on the left. */
  readonly left: Float32Array;
  readonly right: Float32Array;
  /** `[bin]`: |X|² of the last frame. */
  readonly leftPower: Float32Array;
  readonly rightPower: Float32Array;
  /** `[bin]`: sums over the frames: powers, and left times conjugate right. */
  readonly sums: {
    readonly leftPower: Float64Array;
    readonly rightPower: Float64Array;
    readonly crossReal: Float64Array;
    readonly crossImaginary: Float64Array;
  };
  /** Transforms the frame under a periodic Hann window and adds it to the sums. */
  run(): void;
}

/**
 * Opens spectra of frames of `size` samples, a power of two of at least 32, with size / 2 + 1 bins. Transforms are in single
 * precision (rounding is spread over all bins, 140 dB below the frame's energy), sums in double. Samples count as at most 1e6.
 */
export function openPairSpectra(size: number): PairSpectra {
  const kernel = openKernel(Math.ceil((MEMORY.bytesPerSample * size + MEMORY.rest) / MEMORY.page));
  const half = size / 2;
  const bins = half + 1;
  const { order, twiddles, splits } = transformTables(kernel, size);
  const window = kernel.floats(size);
  window.set(hannWindow(size));
  const [left, right] = [kernel.floats(size), kernel.floats(size)];
  const work = kernel.floats(16 * half + 16);
  const sums = kernel.doubles(4 * bins);
  const powers = kernel.floats(2 * bins);
  const sumOf = (index: number) => sums.subarray(index * bins, (index + 1) * bins);
  return {
    left,
    right,
    leftPower: powers.subarray(0, bins),
    rightPower: powers.subarray(bins),
    sums: { leftPower: sumOf(0), rightPower: sumOf(1), crossReal: sumOf(2), crossImaginary: sumOf(3) },
    run() {
      for (const { byteOffset } of [left, right])
        kernel.functions.mix(byteOffset, byteOffset, size, 1, GREATEST_SAMPLE, 0);
      kernel.functions.pairSpectra(
        left.byteOffset,
        right.byteOffset,
        half,
        window.byteOffset,
        order.byteOffset,
        twiddles.byteOffset,
        splits.byteOffset,
        work.byteOffset,
        sums.byteOffset,
        powers.byteOffset,
      );
    },
  };
}
