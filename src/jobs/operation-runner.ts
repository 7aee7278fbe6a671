/** Runs operations in a child process, so that nothing that they do blocks, fills or ends this one. */
import { type ChildProcess, fork } from "node:child_process";
import module from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../errors.ts";
import { LITTLE_GARBAGE } from "../models/little-garbage.ts";
import type { OperationSuccess, OperationTask, ProcessMessage, ProcessRequest } from "./operation-messages.ts";

/** The process's file has the ending of this one: .ts in a clone, .js in the published package. */
const PROCESS = fileURLToPath(new URL(`./operation-process${extname(import.meta.url)}`, import.meta.url));

/** Time to stop politely; what still runs then is killed. */
const STOP_GRACE_MS = 800;

/** A process that waits for its next task keeps models in memory, and the memory too. */
const IDLE_MS = 60_000;

/** The process ended in the middle of a task: killed, out of memory, or by a fault in a library. */
class ProcessDied extends AppError {
  constructor() {
    super(
      "internal",
      "The process that did the work has died: it was killed, ran out of memory, or met a fault in a library. The log may hold the reason.",
      { mayPass: true },
    );
  }
}

export interface RunHandlers {
  readonly signal: AbortSignal;
  readonly onProgress: (share: number | null, message: string) => void;
}

/** One child process, for one task at a time. It is started by the first. */
export class OperationRunner {
  readonly #operations: string;
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | undefined;

  /** @param operations URL of the module with the `OPERATIONS` that can be run. */
  constructor(operations: string) {
    this.#operations = operations;
  }

  /**
   * Runs a task to its end. @throws AppError as the operation does; `cancelled` after an abort, within 2 s and with no process
   * left; ProcessDied.
   */
  async run(task: OperationTask, { signal, onProgress }: RunHandlers): Promise<OperationSuccess> {
    if (signal.aborted) throw cancelled(signal.reason);
    clearTimeout(this.#idle);
    const child = this.#start();
    const ended = Promise.withResolvers<OperationSuccess>();
    const onMessage = (message: ProcessMessage) => {
      if (message.type === "progress") onProgress(message.share, message.message);
      else if (message.type === "done") ended.resolve({ value: message.value, files: message.files });
      else ended.reject(new AppError(message.kind, message.message, { mayPass: message.mayPass }));
    };
    const onExit = () => ended.reject(new ProcessDied());
    let kill: NodeJS.Timeout | undefined;
    const stop = () => {
      send(child, { type: "stop" });
      kill = setTimeout(() => this.close(), STOP_GRACE_MS);
    };
    child.on("message", onMessage);
    child.once("exit", onExit);
    signal.addEventListener("abort", stop, { once: true });
    try {
      send(child, { type: "run", task });
      const success = await ended.promise;
      if (signal.aborted) throw cancelled(signal.reason);
      this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
      return success;
    } catch (error) {
      // Whatever it has left running goes with it.
      this.close();
      throw signal.aborted ? cancelled(error) : error;
    } finally {
      clearTimeout(kill);
      signal.removeEventListener("abort", stop);
      child.off("message", onMessage);
      child.off("exit", onExit);
    }
  }

  /** Kills the process and all that it has started. */
  close(): void {
    clearTimeout(this.#idle);
    const child = this.#child;
    this.#child = null;
    if (child?.pid === undefined) return;
    try {
      if (process.platform === "win32") child.kill("SIGKILL");
      else process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }

  #start(): ChildProcess {
    if (this.#child !== null) return this.#child;
    const cache = module.getCompileCacheDir?.();
    const child = fork(PROCESS, [this.#operations], {
      execArgv: LITTLE_GARBAGE.arguments,
      env: {
        ...process.env,
        ...LITTLE_GARBAGE.environment,
        ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
      },
      // Standard output belongs to the protocol.
      stdio: ["ignore", 2, 2, "ipc"],
      serialization: "advanced",
      // The leader of a group of its own, which can be killed as a whole.
      detached: process.platform !== "win32",
    });
    child.once("exit", () => {
      if (this.#child === child) this.#child = null;
    });
    child.once("error", () => {});
    this.#child = child;
    return child;
  }
}

function send(child: ChildProcess, request: ProcessRequest): void {
  // A process that has ended is noticed by its exit.
  if (child.connected) child.send(request, () => {});
}

function cancelled(cause: unknown): AppError {
  return new AppError("cancelled", "The job was cancelled before it finished.", { cause });
}
