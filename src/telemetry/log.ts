/** Logs: structured lines on standard error (standard output belongs to the protocol), each with its request's id. */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { type Logger, pino } from "pino";

export type { Logger } from "pino";

const requests = new AsyncLocalStorage<string>();

/** A logger to standard error. Every line carries `request_id` while a request runs. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => {
        const requestId = requests.getStore();
        return requestId === undefined ? {} : { request_id: requestId };
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** Runs work as one request: whatever it logs, however deep, carries the id. */
export function withRequestId<Result>(requestId: string, work: () => Result): Result {
  return requests.run(requestId, work);
}

/** The id of the running request, or undefined outside of one. */
export function currentRequestId(): string | undefined {
  return requests.getStore();
}

/** A new id for a request that came without one. */
export function newRequestId(): string {
  return randomUUID();
}
