/** Weighted sums over the bins of spectra: mel bands, chroma, and any matrix most of whose entries are zero. */
import type { Kernel } from "./kernel/kernel.ts";

/** Weighs the values from `first` on; all others by 0. */
export interface Filter {
  readonly first: number;
  readonly weights: ArrayLike<number>;
}

/** A filter bank with room for some frames, in a kernel's memory. */
export interface FilterBank {
  /** `[frame][bin]` flat: what to apply it to. */
  readonly rows: Float32Array;
  /** `[frame][band]` flat: the result. */
  readonly bands: Float32Array;
  /** Computes the first `frames` rows of `bands` from those of `rows`. */
  apply(frames: number): void;
}

/**
 * Puts a filter bank into a kernel: rows of `rowLength` values, at most `maxFrames` at a time. Single precision: a band is
 * within 1e-6 of the sum of its absolute terms for filters of up to some hundred values. Filters without weights give 0.
 *
 * @throws RangeError unless the number of filters and `maxFrames` are multiples of 4 and every filter, lengthened to a multiple
 * of 4, fits a row.
 */
export function openFilterBank(
  kernel: Kernel,
  filters: readonly Filter[],
  rowLength: number,
  maxFrames: number,
): FilterBank {
  if (filters.length % 4 !== 0 || maxFrames % 4 !== 0) {
    throw new RangeError(`${filters.length} filters on ${maxFrames} frames; expected multiples of 4.`);
  }
  const lengths = filters.map((filter) => 4 * Math.ceil(filter.weights.length / 4));
  const ranges = kernel.integers(2 * filters.length);
  const weights = kernel.floats(lengths.reduce((sum, length) => sum + length, 0));
  let used = 0;
  filters.forEach((filter, band) => {
    const length = lengths[band];
    if (filter.first < 0 || filter.first + filter.weights.length > rowLength || length > rowLength) {
      throw new RangeError(`Filter ${band} does not fit rows of ${rowLength} values.`);
    }
    // The zeros that fill a filter up stand before it where there is no room behind it.
    const first = Math.min(filter.first, rowLength - length);
    ranges.set([first, length], 2 * band);
    weights.set(Float32Array.from(filter.weights), used + filter.first - first);
    used += length;
  });
  const rows = kernel.floats(maxFrames * rowLength);
  const bands = kernel.floats(maxFrames * filters.length);
  const scratch = kernel.floats(16);
  return {
    rows,
    bands,
    apply(frames) {
      if (frames > maxFrames) throw new RangeError(`${frames} frames; there is room for ${maxFrames}.`);
      kernel.functions.filterBank(
        rows.byteOffset,
        frames,
        rowLength,
        ranges.byteOffset,
        weights.byteOffset,
        filters.length,
        scratch.byteOffset,
        bands.byteOffset,
      );
    },
  };
}
