/**
 * The contract of inference: networks are loaded from files and run on named tensors of float32.
 * An input that the network declares as int64 is given whole numbers in the same form.
 */

export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** What a network says of an input or output; a size that it leaves open is null. */
export interface TensorInfo {
  readonly name: string;
  readonly dims: readonly (number | null)[];
}

export interface InferenceSession {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Where it runs: `cpu`, `cuda`, `webgpu`. */
  readonly provider: string;
  /** @throws AppError: internal when the network fails or was unloaded, unavailable when memory ran out, cancelled. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

export interface InferenceRuntime {
  /**
   * Loads the networks of one model; those of the model before are unloaded. Aborting the signal stops whatever these sessions do,
   * within a moment. @throws AppError unavailable where the runtime is not installed, or memory does not suffice.
   */
  load(paths: readonly string[], signal: AbortSignal): Promise<readonly InferenceSession[]>;
  /** Ends what it started. */
  close(): Promise<void>;
}
