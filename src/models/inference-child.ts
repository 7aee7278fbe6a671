/** Inference in a process of its own, which starts with the first model, ends when it is idle, and is killed when it must stop. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../errors.ts";
import type { InferenceRuntime, InferenceSession, Scanned, Sequence, Tensor } from "./inference.ts";
import type { InferenceReply, InferenceRequest, LoadedNetwork } from "./inference-message.ts";
import { joinedSteps, stepCount, stepsBetween } from "./sequence-steps.ts";

/** The process's file has the ending of this one: .ts in a clone, .js in the published package. */
const PROCESS = fileURLToPath(new URL(`./inference-process${extname(import.meta.url)}`, import.meta.url));

const IDLE_MS = 60_000;
const MEMORY_LIMIT_BYTES = 4 * 2 ** 30;
const MEMORY_CHECK_MS = 250;
/** Of a sequence, in one message: what a message costs no longer counts, and its memory stays small. */
const STEPS_PER_MESSAGE = 256;
const STDERR_KEPT_CHARACTERS = 4096;
const BYTES_PER_PAGE = 4096;

type WithoutId<Request> = Request extends unknown ? Omit<Request, "id"> : never;

interface ChildOptions {
  /** Without a request for so long, the process ends; the next one starts it again. */
  readonly idleMs?: number;
  /** The process's resident memory; above, it is killed. Watched on Linux only. */
  readonly memoryLimitBytes?: number;
  /** Of one run; small networks are faster with one. */
  readonly threads?: number;
}

/** One process, one model at a time. @see InferenceRuntime */
export class InferenceChild implements InferenceRuntime {
  readonly #idleMs: number;
  readonly #memoryLimitBytes: number;
  readonly #threads: number;
  #running: RunningProcess | null = null;
  /** Counts the models loaded: a session of an earlier one must not run the networks of a later one. */
  #generation = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor({ idleMs = IDLE_MS, memoryLimitBytes = MEMORY_LIMIT_BYTES, threads }: ChildOptions = {}) {
    this.#idleMs = idleMs;
    this.#memoryLimitBytes = memoryLimitBytes;
    this.#threads = threads ?? availableParallelism();
  }

  async load(paths: readonly string[], signal: AbortSignal): Promise<readonly InferenceSession[]> {
    const generation = ++this.#generation;
    const reply = await this.#ask({ type: "load", paths, threads: this.#threads }, signal, true);
    if (reply.type !== "loaded") throw unexpected(reply);
    const loadedBy = this.#running;
    const checkLoaded = () => {
      // A process that was ended has forgotten what it held.
      if (this.#running !== loadedBy || this.#generation !== generation) throw unloaded();
    };
    return reply.networks.map((network, index) => ({
      ...network,
      run: async (feeds) => {
        checkLoaded();
        return this.#run(network, index, feeds, signal);
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

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const running = this.#running;
    this.#running = null;
    await running?.kill(cancelled());
  }

  /** The process's id while there is one. */
  get pid(): number | null {
    return this.#running?.pid ?? null;
  }

  async #run(
    { outputs }: LoadedNetwork,
    network: number,
    feeds: Readonly<Record<string, Tensor>>,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const reply = await this.#ask({ type: "run", network, feeds }, signal, false);
    if (reply.type !== "ran") throw unexpected(reply);
    for (const { name } of outputs) {
      if (reply.tensors[name] === undefined) throw new AppError("internal", "The network left out one of its outputs.");
    }
    return reply.tensors;
  }

  async #scan(network: number, sequence: Sequence, signal: AbortSignal): Promise<Scanned> {
    const reply = await this.#ask({ type: "scan", network, sequence }, signal, false);
    if (reply.type !== "scanned") throw unexpected(reply);
    return reply;
  }

  async #ask(request: WithoutId<InferenceRequest>, signal: AbortSignal, mayStart: boolean): Promise<InferenceReply> {
    if (signal.aborted) throw cancelled(signal.reason);
    clearTimeout(this.#idle);
    if (this.#running === null) {
      if (!mayStart) throw unloaded();
      this.#running = new RunningProcess(this.#memoryLimitBytes);
    }
    const running = this.#running;
    const stop = () => {
      if (this.#running === running) this.#running = null;
      void running.kill(cancelled(signal.reason));
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await running.ask(request);
    } finally {
      signal.removeEventListener("abort", stop);
      if (running.hasEnded && this.#running === running) this.#running = null;
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref();
    }
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

interface Waiter {
  readonly resolve: (reply: InferenceReply) => void;
  readonly reject: (error: AppError) => void;
}

class RunningProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiter>();
  readonly #memoryWatch: NodeJS.Timeout;
  readonly #exited: Promise<unknown>;
  #lastId = 0;
  #stderr = "";
  #reason: AppError | null = null;
  hasEnded = false;

  constructor(memoryLimitBytes: number) {
    this.#child = fork(PROCESS, {
      serialization: "advanced",
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#exited = once(this.#child, "close").catch(() => {});
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT_CHARACTERS);
    });
    this.#child.on("message", (reply: InferenceReply) => {
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#waiting.delete(reply.id);
    });
    this.#child.once("error", (cause) => this.#end(crashed(cause)));
    this.#child.once("close", (code, signal) => {
      this.#end(crashed(new Error(`code ${code}, signal ${signal}: ${this.#stderr}`)));
    });
    this.#memoryWatch = setInterval(() => void this.#watchMemory(memoryLimitBytes), MEMORY_CHECK_MS).unref();
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  ask(request: WithoutId<InferenceRequest>): Promise<InferenceReply> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.hasEnded) return reject(this.#reason ?? crashed());
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ ...request, id }, (error) => {
        if (error !== null) this.#end(crashed(error));
      });
    });
  }

  async kill(reason: AppError): Promise<void> {
    this.#reason ??= reason;
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #end(reason: AppError): void {
    this.hasEnded = true;
    clearInterval(this.#memoryWatch);
    for (const { reject } of this.#waiting.values()) reject(this.#reason ?? reason);
    this.#waiting.clear();
  }

  async #watchMemory(limitBytes: number): Promise<void> {
    const statm = await readFile(`/proc/${this.pid}/statm`, "utf8").catch(() => "");
    const residentBytes = Number(statm.split(" ")[1] ?? 0) * BYTES_PER_PAGE;
    if (residentBytes > limitBytes) await this.kill(tooLarge(limitBytes));
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

function tooLarge(limitBytes: number): AppError {
  const gibibytes = (limitBytes / 2 ** 30).toFixed(1);
  const message = `The model needs more memory than the ${gibibytes} GiB that inference may take. Choose a smaller one.`;
  return new AppError("unavailable", message);
}

function crashed(cause?: unknown): AppError {
  return new AppError("internal", "The process that runs the model ended unexpectedly. Try again.", { cause });
}

function cancelled(cause?: unknown): AppError {
  return new AppError("cancelled", "The inference was cancelled before it finished.", { cause });
}
