/** Events of a question as progress messages: one line of JSON an event, tokens that come together joined. */
import type { QuestionEvent } from "../question/event.ts";
import type { ReportProgress } from "./tool.ts";

/** Surfaces pass on a message every 200 ms at most. */
const INTERVAL_MS = 250;

export interface EventProgress {
  report(event: QuestionEvent): void;
  /** What a running tool says of itself; left out where events are waiting. */
  reportWork(words: string): void;
  /** Sends what is waiting. */
  [Symbol.dispose](): void;
}

/** Messages hold `tool_call`, `tool_result` and `token` events; the last ones, `done` and `error`, are the answer of the call itself. */
export function eventProgress(progress: ReportProgress): EventProgress {
  let waiting: QuestionEvent[] = [];
  let work: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  const send = () => {
    clearTimeout(timer);
    timer = undefined;
    const message = waiting.length === 0 ? work : waiting.map((event) => JSON.stringify(event)).join("\n");
    waiting = [];
    work = null;
    if (message !== null) progress(null, message);
  };
  return {
    report(event) {
      if (event.type === "done" || event.type === "error") return;
      waiting = joined(waiting, event);
      timer ??= setTimeout(send, INTERVAL_MS);
    },
    reportWork(words) {
      work = words;
      timer ??= setTimeout(send, INTERVAL_MS);
    },
    [Symbol.dispose]: send,
  };
}

function joined(events: readonly QuestionEvent[], event: QuestionEvent): QuestionEvent[] {
  const last = events.at(-1);
  if (last?.type !== "token" || event.type !== "token") return [...events, event];
  return [...events.slice(0, -1), { type: "token", text: last.text + event.text }];
}
