/** The operations, each of which leaves in its folder how long its process's event loop stood still. Loaded by the process of a job. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Operation } from "../src/processing/operation.ts";
import { OPERATIONS as ALL } from "../src/processing/registry.ts";

/** Name of the file with the longest wait by the clock, and the most work of the thread between two looks, milliseconds. */
export const DELAY_FILE = "longest-wait";

const LOOK_MS = 5;

export const OPERATIONS: readonly Operation[] = ALL.map((operation) => ({
  ...operation,
  async run(source, parameters, context) {
    const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
    delay.enable();
    // Time of a processor that this thread had: what others on a busy machine take from it does not count.
    let [most, last] = [0, threadMs()];
    const looks = setInterval(() => {
      const now = threadMs();
      most = Math.max(most, now - last);
      last = now;
    }, LOOK_MS);
    try {
      return await operation.run(source, parameters, context);
    } finally {
      clearInterval(looks);
      writeFileSync(join(context.folder, DELAY_FILE), `${delay.max / 1e6} ${most}`);
    }
  },
}));

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
