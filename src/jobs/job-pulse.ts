/** A running job's signs of life, and its progress, on their way to the database. */
import { AppError } from "../errors.ts";
import type { Delivery, JobQueue } from "../storage/job-queue.ts";
import type { Claim, JobRepository } from "../storage/job-repository.ts";
import type { Logger } from "../telemetry/log.ts";

/** Progress is written, and cancellation seen, at most this often. */
const PULSE_MS = 500;

const HEARTBEAT_MS = 4_000;

interface PulseOptions {
  readonly jobs: JobRepository;
  readonly queue: JobQueue;
  readonly delivery: Delivery;
  readonly claim: Claim;
  readonly logger: Logger;
}

/** Aborts its signal when the job is cancelled, or belongs to another worker by now. */
export class JobPulse {
  readonly #options: PulseOptions;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #share: number | null = null;
  #message: string | null = null;
  #isNew = false;
  #touchedAt = performance.now();
  #beating: Promise<void> | null = null;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      // A database that is away is no reason to stop: the result is stored when it is back.
      this.#beating ??= this.#beat()
        .catch((error: unknown) => options.logger.warn({ err: error, job: options.claim.id }, "no sign of life"))
        .finally(() => {
          this.#beating = null;
        });
    }, PULSE_MS);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  readonly report = (share: number | null, message: string): void => {
    this.#share = share === null ? null : Math.min(1, Math.max(0, share));
    this.#message = message;
    this.#isNew = true;
  };

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  async #beat(): Promise<void> {
    const { jobs, queue, delivery, claim } = this.#options;
    const isDue = performance.now() - this.#touchedAt >= HEARTBEAT_MS;
    const isNew = this.#isNew;
    this.#isNew = false;
    const isHeld = isNew || isDue ? await jobs.beat(claim, this.#share, this.#message) : await jobs.isHeld(claim);
    if (!isHeld)
      this.#lost.abort(new AppError("cancelled", "The job was cancelled, or another worker has taken it over."));
    else if (isDue) {
      this.#touchedAt = performance.now();
      await queue.touch(delivery);
    }
  }
}
