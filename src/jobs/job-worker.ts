/** A worker: takes jobs from the queue, several at a time, and runs each in a process of its own. */
import { setTimeout as sleep } from "node:timers/promises";
import { type AttemptContext, runAttempt } from "./job-attempt.ts";
import { OperationRunner } from "./operation-runner.ts";
import { queueName, type VersionedOperation } from "./queue-names.ts";

/** How often a worker that has room asks for work. */
const POLL_MS = 1_000;

/** How often one asks that has had nothing to do for a while. With the 15 s in which the queue notices a dead worker this stays below 30 s. */
const IDLE_POLL_MS = 5_000;
const IDLE_AFTER_MS = 60_000;

const DEAD_LETTER_MS = 5_000;

/** How often jobs of other versions are looked at. */
const STRANDED_MS = 60_000;

const GAVE_UP =
  "The job was given up: every worker that took it died or fell silent. It may need more memory than there is; the logs of the workers may hold the reason.";

export interface WorkerOptions {
  /** Jobs at a time. */
  readonly concurrency: number;
  /** Operations that it takes. */
  readonly operations: readonly VersionedOperation[];
  /** URL of the module with the `OPERATIONS` that its processes run. */
  readonly operationsModule: string;
  readonly machine: string;
  /** Called when a job has ended, in whatever way, or was handed back. */
  readonly onSettled: () => void;
}

export class JobWorker {
  readonly #context: AttemptContext;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #idleRunners: OperationRunner[] = [];
  readonly #queues: readonly string[];
  #wake = new AbortController();
  #buriedAt = Number.NEGATIVE_INFINITY;
  #strandedAt = Number.NEGATIVE_INFINITY;
  #busyAt = performance.now();
  #loop: Promise<void> | null = null;

  constructor(context: AttemptContext, options: WorkerOptions) {
    this.#context = context;
    this.#options = options;
    this.#queues = options.operations.flatMap((one) => [queueName(one, null), queueName(one, options.machine)]);
  }

  start(): void {
    this.#loop ??= this.#work();
  }

  /** Looks for work at once. */
  kick(): void {
    this.#busyAt = performance.now();
    this.#wake.abort();
  }

  /** Takes no more work, stops what runs and hands it back. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.kick();
    await this.#loop;
    await Promise.all(this.#running);
    for (const runner of this.#idleRunners.splice(0)) runner.close();
  }

  async #work(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#takeAll();
        await this.#buryDead();
        await this.#settleStranded();
      } catch (error) {
        this.#context.logger.warn({ err: error }, "the queue cannot be read");
      }
      if (this.#running.size > 0) this.#busyAt = performance.now();
      const isIdle = performance.now() - this.#busyAt > IDLE_AFTER_MS;
      await sleep(isIdle ? IDLE_POLL_MS : POLL_MS, undefined, { signal: this.#wake.signal }).catch(() => {});
    }
  }

  /** Fills every free place. */
  async #takeAll(): Promise<void> {
    const { queue, jobs } = this.#context;
    while (this.#running.size < this.#options.concurrency) {
      let isTaken = false;
      for (const name of await jobs.waitingQueues(this.#queues)) {
        await queue.open(name);
        if (this.#stopping.signal.aborted) return;
        const delivery = await queue.take(name);
        if (delivery === null) continue;
        isTaken = true;
        const running = this.#run(delivery).finally(() => {
          this.#running.delete(running);
          this.#options.onSettled();
          this.kick();
        });
        this.#running.add(running);
        break;
      }
      if (!isTaken) return;
    }
  }

  async #run(delivery: Parameters<typeof runAttempt>[0]): Promise<void> {
    const runner = this.#idleRunners.pop() ?? new OperationRunner(this.#options.operationsModule);
    try {
      await runAttempt(delivery, this.#context, runner, this.#stopping.signal);
    } catch (error) {
      // The queue gives it to a worker again once the silence is noticed.
      this.#context.logger.error({ err: error, job: delivery.jobId }, "attempt lost");
    } finally {
      if (this.#stopping.signal.aborted) runner.close();
      else this.#idleRunners.push(runner);
    }
  }

  /** Says on jobs that this worker has another version for what they wait for. */
  async #settleStranded(): Promise<void> {
    if (performance.now() - this.#strandedAt < STRANDED_MS) return;
    this.#strandedAt = performance.now();
    const { machine, operations, onSettled } = this.#options;
    for (const { name, version } of operations) {
      const queues = (other: number) => [null, machine].map((one) => queueName({ name, version: other }, one));
      if ((await this.#context.jobs.settleStranded({ operation: name, version, queues })) > 0) onSettled();
    }
  }

  /** Records which jobs the queue has given up. */
  async #buryDead(): Promise<void> {
    if (performance.now() - this.#buriedAt < DEAD_LETTER_MS) return;
    this.#buriedAt = performance.now();
    const { queue, jobs } = this.#context;
    const error = { kind: "internal", message: GAVE_UP } as const;
    while (await queue.buryDead(({ jobId, queueId }) => jobs.failDead(jobId, queueId, error)))
      this.#options.onSettled();
  }
}
