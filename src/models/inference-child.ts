/** Inference in a process of its own, which starts with the first model, ends when it is idle, and is killed when it must stop. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { AppError } from "../errors.ts";
import type { InferenceRuntime, InferenceSession, Scanned, Sequence, Tensor } from "./inference.ts";
import type { InferenceReply, InferenceRequest } from "./inference-message.ts";
import { ModelProcess, type ProcessLimits } from "./model-process.ts";
import { joinedSteps, stepCount, stepsBetween } from "./sequence-steps.ts";

/** Of a sequence, in one message: what a message costs no longer counts, and its memory stays small. */
const STEPS_PER_MESSAGE = 256;

interface ChildOptions extends ProcessLimits {
  /** That a network runs on; by default as many as there are cores. Small networks are slower on several. */
  readonly threads?: number;
}

/** One process, one model at a time. @see InferenceRuntime */
export class InferenceChild implements InferenceRuntime {
  readonly #process: ModelProcess<InferenceRequest, InferenceReply>;
  readonly #threads: number;
  /** Counts the models loaded: a session of an earlier one must not run the networks of a later one. */
  #generation = 0;

  constructor({ threads = availableParallelism(), ...limits }: ChildOptions = {}) {
    this.#process = new ModelProcess("inference-process", limits);
    this.#threads = threads;
  }

  async load(paths: readonly string[], signal: AbortSignal): Promise<readonly InferenceSession[]> {
    const generation = ++this.#generation;
    const reply = await this.#process.ask({ type: "load", paths, threads: this.#threads }, signal);
    if (reply.type !== "loaded") throw unexpected(reply);
    const loadedBy = this.#process.pid;
    const checkLoaded = () => {
      // A process that was ended has forgotten what it held.
      if (this.pid === null || this.pid !== loadedBy || this.#generation !== generation) throw unloaded();
    };
    return reply.networks.map((network, index) => ({
      ...network,
      run: async (feeds, outputs = network.outputs.map(({ name }) => name)) => {
        checkLoaded();
        return this.#run(index, feeds, outputs, signal);
      },
      scan: async (sequence) => {
        const parts: Scanned[] = [];
        for (const part of partsOf(sequence)) {
          checkLoaded();
          parts.push(await this.#scan(index, { ...part, initial: parts.at(-1)?.state ?? part.initial }, signal));
        }
        return joined(parts, sequence.initial);
      },
    }));
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  /** The process's id while there is one. */
  get pid(): number | null {
    return this.#process.pid;
  }

  async #run(
    network: number,
    feeds: Readonly<Record<string, Tensor>>,
    outputs: readonly string[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const reply = await this.#process.ask({ type: "run", network, feeds, outputs }, signal);
    if (reply.type !== "ran") throw unexpected(reply);
    for (const name of outputs) {
      if (reply.tensors[name] === undefined) throw new AppError("internal", "The network left out one of its outputs.");
    }
    return reply.tensors;
  }

  async #scan(network: number, sequence: Sequence, signal: AbortSignal): Promise<Scanned> {
    const reply = await this.#process.ask({ type: "scan", network, sequence }, signal);
    if (reply.type !== "scanned") throw unexpected(reply);
    return reply;
  }
}

/** Whether the optional runtime is there, without loading it. */
export function hasInferenceRuntime(): boolean {
  try {
    createRequire(import.meta.url).resolve("onnxruntime-node");
    return true;
  } catch {
    return false;
  }
}

function* partsOf(sequence: Sequence): Generator<Sequence> {
  const count = stepCount(sequence);
  for (let from = 0; from < count; from += STEPS_PER_MESSAGE) {
    const to = Math.min(count, from + STEPS_PER_MESSAGE);
    const steps = Object.entries(sequence.steps).map(([name, tensor]) => [name, stepsBetween(tensor, from, to)]);
    yield { ...sequence, steps: Object.fromEntries(steps) };
  }
}

/** No steps give no outputs, and leave the state as it was. */
function joined(parts: readonly Scanned[], initial: Sequence["initial"]): Scanned {
  const names = Object.keys(parts.at(0)?.outputs ?? {});
  const outputs = names.map((name) => [name, joinedSteps(parts.map((part) => part.outputs[name]))]);
  return { outputs: Object.fromEntries(outputs), state: parts.at(-1)?.state ?? initial };
}

function unexpected(reply: InferenceReply): AppError {
  if (reply.type === "missing") return runtimeMissing();
  const cause = reply.type === "failed" ? new Error(reply.message) : undefined;
  const message =
    "The network could not be loaded or run. The model's file may be damaged or of another kind than its manifest says: " +
    "remove it and get it again.";
  return new AppError("internal", message, { cause });
}

function unloaded(): AppError {
  return new AppError("internal", "The network was unloaded before it was run. Try again.");
}

/** Says how to get the runtime. */
export function runtimeMissing(): AppError {
  const message =
    "This needs ONNX Runtime, which is not installed. Get it with " +
    "`ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0` in Hark's folder (about 290 MB on disk).";
  return new AppError("unavailable", message);
}
