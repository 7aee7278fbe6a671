/** The threads that analyse, so that the protocol's thread never waits for arithmetic. */
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { Tinypool } from "tinypool";
import { AppError } from "../errors.ts";
import type { AgentOutcome, AnalysisJob, Failure, StopMessage, ThreadMessage } from "./analysis-job.ts";

/** The thread's file has the ending of this one: .ts in a clone, .js in the published package. */
const THREAD = new URL(`./analysis-thread${extname(import.meta.url)}`, import.meta.url).href;

const MAX_THREADS = 4;

const IDLE_THREAD_MS = 60_000;

/** Time to stop politely, between two blocks; a thread that is still busy then is ended. */
const STOP_GRACE_MS = 2_000;

export interface PassHandlers {
  readonly signal: AbortSignal;
  readonly onProgress: (decodedSeconds: number) => void;
  readonly onOutcome: (outcome: AgentOutcome) => void;
}

export class AnalysisPool {
  readonly #size: number;
  #pool: Tinypool | undefined;

  /** @param size Threads; by default one less than the cores, at least 1, at most 4. They start on the first job. */
  constructor(size = Math.min(MAX_THREADS, Math.max(1, availableParallelism() - 1))) {
    this.#size = size;
  }

  /**
   * Runs one pass and reports each agent's outcome as it comes; resolves when the pass is over.
   * @throws AppError with the reason when the pass as a whole failed; `cancelled` after an abort.
   */
  async run(job: AnalysisJob, { signal, onProgress, onOutcome }: PassHandlers): Promise<void> {
    if (signal.aborted) throw cancelled(signal.reason);
    const { port1, port2 } = new MessageChannel();
    const ending = new AbortController();
    let grace: NodeJS.Timeout | undefined;
    const stop = () => {
      port2.postMessage({ type: "stop" } satisfies StopMessage);
      grace = setTimeout(() => ending.abort(), STOP_GRACE_MS);
    };
    signal.addEventListener("abort", stop, { once: true });
    port2.on("message", (message: ThreadMessage) => {
      if (message.type === "progress") onProgress(message.decodedSeconds);
      else onOutcome(message.outcome);
    });
    const delivered = new Promise<void>((resolve) => port2.once("close", resolve));
    try {
      const failure: Failure | null = await this.#threads().run(
        { job, port: port1 },
        { transferList: [port1], signal: ending.signal },
      );
      await delivered;
      if (failure !== null) throw new AppError(failure.kind, failure.message, failure);
    } catch (error) {
      if (signal.aborted) throw cancelled(error);
      throw error;
    } finally {
      clearTimeout(grace);
      signal.removeEventListener("abort", stop);
      port2.close();
    }
  }

  /** Ends all threads; what still runs is lost. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  #threads(): Tinypool {
    this.#pool ??= new Tinypool({
      filename: THREAD,
      minThreads: 0,
      maxThreads: this.#size,
      idleTimeout: IDLE_THREAD_MS,
      // An idle thread that sleeps in Atomics.wait would not close its ports before it is ended.
      useAtomics: false,
    });
    return this.#pool;
  }
}

function cancelled(cause: unknown): AppError {
  return new AppError("cancelled", "The analysis was cancelled before it finished.", { cause });
}
