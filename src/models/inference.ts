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

/** A recurrent network over a sequence. */
export interface Sequence {
  /** By input, `[step][…]`, the same number of steps in each; a step is fed without that axis. */
  readonly steps: Readonly<Record<string, Tensor>>;
  /** Inputs that are the same in every step. */
  readonly constants: Readonly<Record<string, Tensor>>;
  /** Which output of a step is which input of the next. */
  readonly state: Readonly<Record<string, string>>;
  /** The state before the first step, by input. */
  readonly initial: Readonly<Record<string, Tensor>>;
}

export interface Scanned {
  /** The outputs that are no state, `[step][…]`. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** After the last step, by input: the `initial` of what follows. */
  readonly state: Readonly<Record<string, Tensor>>;
}

export interface InferenceSession {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Where it runs: `cpu`, `cuda`, `webgpu`. */
  readonly provider: string;
  /** @throws AppError: internal when the network fails or was unloaded, unavailable when memory ran out, cancelled. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    /** What is wanted of the outputs; all, unless they are named. */
    outputs?: readonly string[],
  ): Promise<Readonly<Record<string, Tensor>>>;
  /**
   * Runs a sequence in order, with few messages to where it runs. Memory is that of what comes in and goes out.
   * @throws AppError as `run` does.
   */
  scan(sequence: Sequence): Promise<Scanned>;
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
