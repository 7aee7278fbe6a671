/** The thread that finds beats and notes, as a transcription speaks to it. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { AppError } from "../errors.ts";
import type { KeyActivations } from "./note-creation.ts";
import type { FoundNotes, NotesReply, NotesRequest } from "./notes-thread.ts";

/** The thread's file has the ending of this one: .ts in a clone, .js in the published package. */
const THREAD = new URL(`./notes-thread${extname(import.meta.url)}`, import.meta.url);

/** Room for what is collected over two hours, and little for garbage, which threads otherwise let grow with the machine's memory. */
const LIMITS = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 8 };

/** Blocks that may wait for the thread. */
const MOST_WAITING = 8;

export class NotesFinder implements AsyncDisposable {
  readonly #thread = new Worker(THREAD, { resourceLimits: LIMITS });
  readonly #found = Promise.withResolvers<FoundNotes>();
  #waiting = 0;
  #room: (() => void) | null = null;

  constructor() {
    this.#found.promise.catch(() => {});
    this.#thread.on("message", (reply: NotesReply) => this.#hear(reply));
    this.#thread.on("error", (cause) => {
      this.#found.reject(
        new AppError("internal", "The search for notes has failed. The log holds the reason.", { cause }),
      );
      this.#makeRoom();
    });
    this.#thread.on("exit", () => {
      this.#found.reject(new AppError("internal", "The search for notes ended before it was done."));
      this.#makeRoom();
    });
  }

  /** Takes the recording in order; waits while the thread is behind. */
  async push(block: AudioBlock, format: AudioFormat): Promise<void> {
    this.#waiting++;
    this.#send({ type: "block", block, format });
    if (this.#waiting < MOST_WAITING) return;
    await new Promise<void>((resolve) => {
      this.#room = resolve;
    });
  }

  /** @param activations In shared memory; the thread writes over them. @throws AppError as the analysis of rhythm does; the signal's reason. */
  async finish(activations: KeyActivations, durationSeconds: number, signal: AbortSignal): Promise<FoundNotes> {
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      signal.throwIfAborted();
      this.#send({ type: "finish", activations, durationSeconds });
      return await Promise.race([this.#found.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }

  #send(request: NotesRequest): void {
    this.#thread.postMessage(request);
  }

  #hear(reply: NotesReply): void {
    if (reply.type === "found") this.#found.resolve(reply.found);
    else if (reply.type === "failed") this.#found.reject(new AppError(reply.error.kind, reply.error.message));
    if (reply.type !== "found") {
      this.#waiting--;
      this.#makeRoom();
    }
  }

  #makeRoom(): void {
    this.#room?.();
    this.#room = null;
  }
}
