/** The operations, each of which leaves in its folder how long it kept its process's event loop waiting. Loaded by the process of a job. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Operation } from "../src/processing/operation.ts";
import { OPERATIONS as ALL } from "../src/processing/registry.ts";

/** Name of the file with the longest wait, milliseconds. */
export const DELAY_FILE = "longest-wait";

export const OPERATIONS: readonly Operation[] = ALL.map((operation) => ({
  ...operation,
  async run(source, parameters, context) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    try {
      return await operation.run(source, parameters, context);
    } finally {
      writeFileSync(join(context.folder, DELAY_FILE), String(delay.max / 1e6));
    }
  },
}));
