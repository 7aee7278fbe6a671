/** What the engines that run networks have in common. */
import { AppError } from "../errors.ts";
import type { InferenceSession, Tensor } from "../models/inference.ts";
import type { StemName } from "./separation-engine.ts";

/** All of these networks were trained on stereo at this rate, Hz. */
export const NETWORK_FORMAT = { sampleRate: 44_100, channels: 2 } as const;

/** Loads the model's files of these roles, and unloads what was loaded before. */
export type LoadNetworks = (roles: readonly string[]) => Promise<readonly InferenceSession[]>;

/** Runs a network of one input and one output. @throws AppError internal when the output has another size than expected. */
export async function runNetwork(
  session: InferenceSession,
  input: Tensor,
  outputLength: number,
): Promise<Float32Array> {
  const tensors = await session.run({ [session.inputs[0].name]: input });
  const { data } = tensors[session.outputs[0].name];
  if (data.length !== outputLength) throw wrongShape();
  return data;
}

/** A file that is a network, but not of the engine's kind. */
export function wrongShape(): AppError {
  const message =
    "The model's inputs or outputs are not those of its engine, so it cannot be used. Check which engine its manifest names.";
  return new AppError("internal", message);
}

/** The inputs of a network that has as many dimensions as the engine expects. @throws AppError internal otherwise. */
export function checkRanks(session: InferenceSession, inputRanks: readonly number[]): void {
  const ranks = session.inputs.map(({ dims }) => dims.length);
  if (ranks.length !== inputRanks.length || ranks.some((rank, index) => rank !== inputRanks[index])) throw wrongShape();
}

/** Zeros, `[stem][channel][sample]`. */
export function emptyStems(stems: readonly StemName[], length: number): Float32Array[][] {
  return stems.map(() => [new Float32Array(length), new Float32Array(length)]);
}

/** Moves what is still to be added to on to the front, `step` samples, and clears the rest. */
export function shiftStems(stems: readonly (readonly Float32Array[])[], step: number): void {
  for (const samples of stems.flat()) {
    samples.copyWithin(0, step);
    samples.fill(0, samples.length - step);
  }
}
