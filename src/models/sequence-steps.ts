/** Parts of the sequences that recurrent networks run over. */
import type { Sequence, Tensor } from "./inference.ts";

/** How many steps a sequence has. @throws Error when its inputs differ in that, or there are none. */
export function stepCount({ steps }: Sequence): number {
  const counts = new Set(Object.values(steps).map(({ dims }) => dims[0]));
  const [count] = counts;
  if (counts.size !== 1 || count === undefined) throw new Error("The inputs of a sequence differ in their steps.");
  return count;
}

/** The steps from one to before another, without copying. */
export function stepsBetween({ data, dims: [, ...dims] }: Tensor, from: number, to: number): Tensor {
  const size = dims.reduce((product, length) => product * length, 1);
  return { data: data.subarray(from * size, to * size), dims: [to - from, ...dims] };
}

/** One step, without the axis of steps. */
export function stepAt(tensor: Tensor, step: number): Tensor {
  const { data, dims } = stepsBetween(tensor, step, step + 1);
  return { data, dims: dims.slice(1) };
}

/** Parts of sequences, one after the other. */
export function joinedSteps(parts: readonly Tensor[]): Tensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let filled = 0;
  for (const part of parts) {
    data.set(part.data, filled);
    filled += part.data.length;
  }
  const [, ...dims] = parts[0].dims;
  return { data, dims: [parts.reduce((sum, part) => sum + part.dims[0], 0), ...dims] };
}
