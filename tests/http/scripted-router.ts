/**
 * A question router whose answers are scripts. It stands for the language model and its tools, which are the far end of what is
 * tested here: sockets, streams and endpoints.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BaseRouter, type Question } from "../../src/question/base-router.ts";
import type { QuestionEvent } from "../../src/question/event.ts";

export type Step = QuestionEvent | { readonly waitMs: number } | { readonly throws: Error };

export function done(text: string): QuestionEvent {
  return {
    type: "done",
    full_response: text,
    corrected_from: null,
    claims: [],
    tools_called: [{ tool: "analyse_rhythm", success: true }],
    usage: { input_tokens: 10, cached_tokens: 0, output_tokens: 2 },
    cost: { usd: 0.001, why_null: null },
    model: "test/model",
    session_id: null,
  };
}

/** What a short answer consists of. */
export const ANSWER: readonly QuestionEvent[] = [
  { type: "tool_call", tool: "analyse_rhythm", arguments: { track_id: "trk_1" } },
  { type: "tool_result", tool: "analyse_rhythm", success: true },
  { type: "token", text: "It is " },
  { type: "token", text: "120 BPM." },
  done("It is 120 BPM."),
];

export class ScriptedRouter extends BaseRouter {
  /** What was asked. */
  readonly questions: Question[] = [];
  /** How many answers ended before their end. */
  stopped = 0;
  /** Events that were taken. */
  given = 0;
  readonly #script: (question: Question) => Iterable<Step>;

  constructor(script: (question: Question) => Iterable<Step> = () => ANSWER) {
    super();
    this.#script = script;
  }

  async *events(question: Question, signal: AbortSignal): AsyncGenerator<QuestionEvent, void, undefined> {
    this.questions.push(question);
    let isWhole = false;
    try {
      for (const step of this.#script(question)) {
        if ("throws" in step) throw step.throws;
        if ("waitMs" in step) await sleep(step.waitMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) {
          yield { type: "error", kind: "cancelled", message: "The question was cancelled." };
          return;
        }
        if (!("type" in step)) continue;
        this.given += 1;
        isWhole = step.type === "done" || step.type === "error";
        yield step;
      }
    } finally {
      if (!isWhole) this.stopped += 1;
    }
  }
}
