/** What the kernel's transform of real frames reads (kernel/fourier.ts). */
import type { Kernel } from "./kernel/kernel.ts";
import { inputOrder, radicesOf } from "./real-fft.ts";

export interface TransformTables {
  /** Where the first pass finds its inputs: byte offsets of pairs of samples. */
  readonly order: Int32Array;
  readonly twiddles: Float32Array;
  readonly splits: Float32Array;
}

/** Puts the tables for frames of `size` samples, a power of two of at least 32, into a kernel. */
export function transformTables(kernel: Kernel, size: number): TransformTables {
  const half = size / 2;
  const radices = radicesOf(half);
  const order = kernel.integers(half);
  order.set(inputOrder(radices).map((pair) => 8 * pair));
  const rotations = twiddlesOf(radices);
  const twiddles = kernel.floats(rotations.length);
  twiddles.set(rotations);
  const splits = kernel.floats(half + 2);
  for (let k = 0; k <= half / 2; k++) splits.set(rotation(k / size), 2 * k);
  return { order, twiddles, splits };
}

/** For each pass of radix 4, `[k][cos1 sin1 cos2 sin2 cos3 sin3]` of the turns by k / (4 span). */
function twiddlesOf(radices: readonly number[]): number[] {
  const turns: number[] = [];
  let span = 1;
  for (const radix of radices) {
    for (let k = 0; radix === 4 && k < span; k++) {
      for (const part of [1, 2, 3]) turns.push(...rotation((part * k) / (radix * span)));
    }
    span *= radix;
  }
  return turns;
}

function rotation(turns: number): [number, number] {
  return [Math.cos(2 * Math.PI * turns), Math.sin(2 * Math.PI * turns)];
}
