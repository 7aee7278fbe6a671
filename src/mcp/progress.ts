/** Progress of a call as MCP notifications, with a heartbeat: clients reset their timers on each. */
import type { ServerContext } from "@modelcontextprotocol/server";
import type { ReportProgress } from "../tools/tool.ts";

const HEARTBEAT_MS = 5_000;

/** At most one notification in this time, so that a fast pass does not flood the client. The last message is sent when it is over. */
const MIN_INTERVAL_MS = 200;

/** The smallest step: every notification's progress has to be larger than the one before, even with nothing new to say. */
const STEP = 1e-6;

/** Messages that hold events as JSON. */
const EVENTS = /^\{/;

interface ProgressReport {
  readonly report: ReportProgress;
  stop(): void;
}

/** Sends progress to the client that asked for it with a token; without a token it does nothing. */
export function reportProgress(context: ServerContext): ProgressReport {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { report: () => {}, stop: () => {} };
  let progress = 0;
  let share = 0;
  let message = "working";
  let sentAt = Number.NEGATIVE_INFINITY;
  let late: NodeJS.Timeout | undefined;
  const send = () => {
    clearTimeout(late);
    late = undefined;
    sentAt = performance.now();
    progress = Math.max(progress + STEP, share);
    const params = { progressToken, progress, total: 1, message };
    context.mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  };
  const heartbeat = setInterval(() => {
    // An event that was said again would seem to have happened again.
    if (EVENTS.test(message)) message = "working";
    send();
  }, HEARTBEAT_MS);
  return {
    report(done, words) {
      message = words;
      share = done ?? share;
      const waitMs = sentAt + MIN_INTERVAL_MS - performance.now();
      if (waitMs <= 0) send();
      else late ??= setTimeout(send, waitMs);
    },
    stop() {
      clearInterval(heartbeat);
      if (late !== undefined) send();
    },
  };
}
