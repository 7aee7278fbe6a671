/** Progress of a call as MCP notifications, with a heartbeat: clients reset their timers on each. */
import type { ServerContext } from "@modelcontextprotocol/server";
import type { ReportProgress } from "../tools/tool.ts";

const HEARTBEAT_MS = 5_000;

/** At most one notification in this time, so that a fast pass does not flood the client. */
const MIN_INTERVAL_MS = 200;

/** The smallest step: every notification's progress has to be larger than the one before, even with nothing new to say. */
const STEP = 1e-6;

interface ProgressReport {
  readonly report: ReportProgress;
  stop(): void;
}

/** Sends progress to the client that asked for it with a token; without a token it does nothing. */
export function reportProgress(context: ServerContext): ProgressReport {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { report: () => {}, stop: () => {} };
  let progress = 0;
  let message = "working";
  let sentAt = Number.NEGATIVE_INFINITY;
  const send = () => {
    sentAt = performance.now();
    const params = { progressToken, progress, total: 1, message };
    context.mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  };
  const heartbeat = setInterval(() => {
    progress += STEP;
    send();
  }, HEARTBEAT_MS);
  return {
    report(share, words) {
      message = words;
      if (performance.now() - sentAt < MIN_INTERVAL_MS) return;
      progress = Math.max(progress + STEP, share ?? 0);
      send();
    },
    stop: () => clearInterval(heartbeat),
  };
}
