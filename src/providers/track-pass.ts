/** A pass that is under way on one track, and those who wait for what it will give. */

import { AppError, toAppError } from "../errors.ts";
import { parametersHash } from "../storage/parameters-hash.ts";
import type { Analysis, ProviderCall } from "./provider.ts";
import type { AgentRun } from "./run-pass.ts";

export class TrackPass {
  readonly runs: readonly AgentRun[];
  /** Resolves, never rejects, when the pass is over, successful or not. */
  readonly done: Promise<void>;
  readonly #background: boolean;
  readonly #stopping = new AbortController();
  readonly #answers = new Map<string, PromiseWithResolvers<Analysis>>();
  readonly #delivered = new Set<string>();
  readonly #listeners = new Set<ProviderCall["progress"]>();
  #waiting = 0;

  /**
   * @param background Whether the pass goes on with nobody waiting. Otherwise it stops when the last one leaves before
   *   anything was delivered; after the first answer it always goes on, to fill in the rest.
   */
  constructor(runs: readonly AgentRun[], background: boolean, fly: (self: TrackPass) => Promise<void>) {
    this.runs = runs;
    this.#background = background;
    for (const run of runs) {
      const answer = Promise.withResolvers<Analysis>();
      answer.promise.catch(() => {});
      this.#answers.set(keyOf(run), answer);
    }
    this.done = fly(this).then(
      () => this.#rejectRest(new AppError("internal", "The analysis ended without a result.")),
      (error) => this.#rejectRest(toAppError(error)),
    );
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  readonly progress: ProviderCall["progress"] = (share, message) => {
    for (const listener of this.#listeners) listener(share, message);
  };

  /**
   * The analysis that a run of this pass gives; null when this pass will not give it and the caller must look again.
   * @throws AppError why the run failed; cancelled when the caller gives up.
   */
  async wait(run: AgentRun, call: ProviderCall): Promise<Analysis | null> {
    const answer = this.#answers.get(keyOf(run));
    if (answer === undefined || this.#stopping.signal.aborted) {
      await orAborted(this.done, call.signal);
      return null;
    }
    this.#waiting += 1;
    this.#listeners.add(call.progress);
    try {
      return await orAborted(answer.promise, call.signal);
    } finally {
      this.#listeners.delete(call.progress);
      this.#waiting -= 1;
      if (this.#waiting === 0 && this.#delivered.size === 0 && !this.#background) this.stop();
    }
  }

  isDelivered(run: AgentRun): boolean {
    return this.#delivered.has(keyOf(run));
  }

  /** Settles a run with what `read` gives or throws. */
  deliver(run: AgentRun, read: () => Analysis): void {
    this.#delivered.add(keyOf(run));
    const answer = this.#answers.get(keyOf(run));
    try {
      answer?.resolve(read());
    } catch (error) {
      answer?.reject(error);
    }
  }

  stop(): void {
    this.#stopping.abort(new AppError("cancelled", "The analysis was cancelled before it finished."));
  }

  #rejectRest(error: AppError): void {
    for (const answer of this.#answers.values()) answer.reject(error);
  }
}

/** The same for runs that give the same. */
export function keyOf({ agent, parameters, source }: AgentRun): string {
  return `${agent.name} ${agent.version} ${parametersHash(parameters)} ${source.key}`;
}

/** The promise, or a `cancelled` rejection as soon as the signal aborts. */
async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(new AppError("cancelled", "The request was cancelled before it finished."));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
