/**
 * Runs in a thread of an operation's process: ends the process and all that it has started once its parent has died. The
 * process itself cannot notice while it computes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { workerData } from "node:worker_threads";

const LOOK_MS = 1_000;

/** What an operation gets to stop its own subprocesses in. */
const GRACE_MS = 1_500;

while (process.ppid === workerData.parent) await sleep(LOOK_MS);
await sleep(GRACE_MS);
// On Windows there are no groups; the process ends by itself when its work does.
if (process.platform !== "win32") process.kill(-process.pid, "SIGKILL");
