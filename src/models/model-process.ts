/** A process of its own for models, which starts with the first request, ends when it is idle, and is killed when it must stop. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../errors.ts";
import { LITTLE_GARBAGE } from "./little-garbage.ts";

const IDLE_MS = 60_000;
const MEMORY_LIMIT_BYTES = 4 * 2 ** 30;
const MEMORY_CHECK_MS = 250;
const STDERR_KEPT_CHARACTERS = 4096;
const BYTES_PER_PAGE = 4096;

export type WithoutId<Request> = Request extends unknown ? Omit<Request, "id"> : never;

export interface ProcessLimits {
  /** Without a request for so long, the process ends; the next one starts it again. */
  readonly idleMs?: number;
  /** The process's resident memory; above, it is killed. Watched on Linux only. */
  readonly memoryLimitBytes?: number;
}

/** Requests go to one process, in order; each has one reply with its id. */
export class ModelProcess<Request extends { readonly id: number }, Reply extends { readonly id: number }> {
  readonly #program: string;
  readonly #idleMs: number;
  readonly #memoryLimitBytes: number;
  #running: RunningProcess<Reply> | null = null;
  #pending = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param program The file's name in this folder, without its ending. */
  constructor(program: string, { idleMs = IDLE_MS, memoryLimitBytes = MEMORY_LIMIT_BYTES }: ProcessLimits = {}) {
    // The ending is that of this file: .ts in a clone, .js in the published package.
    this.#program = fileURLToPath(new URL(`./${program}${extname(import.meta.url)}`, import.meta.url));
    this.#idleMs = idleMs;
    this.#memoryLimitBytes = memoryLimitBytes;
  }

  /** The process's id while there is one: another id means that what was loaded is forgotten. */
  get pid(): number | null {
    return this.#running?.pid ?? null;
  }

  /**
   * Asks, and starts the process where there is none. Aborting the signal kills it. @throws AppError cancelled; unavailable above the
   * memory limit; ProcessEnded when it ended by itself.
   */
  async ask(request: WithoutId<Request>, signal: AbortSignal): Promise<Reply> {
    if (signal.aborted) throw cancelled(signal.reason);
    clearTimeout(this.#idle);
    this.#running ??= new RunningProcess<Reply>(this.#program, this.#memoryLimitBytes);
    const running = this.#running;
    const stop = () => {
      if (this.#running === running) this.#running = null;
      void running.kill(cancelled(signal.reason));
    };
    signal.addEventListener("abort", stop, { once: true });
    this.#pending++;
    try {
      return await running.ask(request);
    } finally {
      this.#pending--;
      signal.removeEventListener("abort", stop);
      if (running.hasEnded && this.#running === running) this.#running = null;
      clearTimeout(this.#idle);
      if (this.#pending === 0) this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const running = this.#running;
    this.#running = null;
    await running?.kill(cancelled());
  }
}

/** The process ended without being told to; what it wrote last is in the cause. */
export class ProcessEnded extends AppError {
  constructor(cause?: unknown) {
    super("internal", "The process that runs the model ended unexpectedly. Try again.", { cause, mayPass: true });
    this.name = "ProcessEnded";
  }
}

interface Waiter<Reply> {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: AppError) => void;
}

class RunningProcess<Reply extends { readonly id: number }> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiter<Reply>>();
  readonly #memoryWatch: NodeJS.Timeout;
  readonly #exited: Promise<unknown>;
  #lastId = 0;
  #stderr = "";
  #reason: AppError | null = null;
  hasEnded = false;

  constructor(program: string, memoryLimitBytes: number) {
    this.#child = fork(program, {
      serialization: "advanced",
      execArgv: LITTLE_GARBAGE.arguments,
      env: { ...process.env, ...LITTLE_GARBAGE.environment },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#exited = once(this.#child, "close").catch(() => {});
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT_CHARACTERS);
    });
    this.#child.on("message", (reply: Reply) => {
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#waiting.delete(reply.id);
    });
    this.#child.once("error", (cause) => this.#end(new ProcessEnded(cause)));
    this.#child.once("close", (code, signal) => {
      this.#end(new ProcessEnded(new Error(`code ${code}, signal ${signal}: ${this.#stderr}`)));
    });
    this.#memoryWatch = setInterval(() => void this.#watchMemory(memoryLimitBytes), MEMORY_CHECK_MS).unref();
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  ask(request: object): Promise<Reply> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.hasEnded) return reject(this.#reason ?? new ProcessEnded());
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ ...request, id }, (error) => {
        // A process that is about to end has a better reason; its end is waited for.
        if (error !== null && !this.#child.connected)
          return void this.#exited.then(() => this.#end(new ProcessEnded(error)));
        if (error !== null) this.#end(new ProcessEnded(error));
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

function tooLarge(limitBytes: number): AppError {
  const gibibytes = (limitBytes / 2 ** 30).toFixed(1);
  const message = `The model needs more memory than the ${gibibytes} GiB that inference may take. Choose a smaller one.`;
  return new AppError("unavailable", message);
}

function cancelled(cause?: unknown): AppError {
  return new AppError("cancelled", "The inference was cancelled before it finished.", { cause });
}
