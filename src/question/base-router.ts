/** The contract of a question router: a question in, events out, whichever model answers. */
import { AppError } from "../errors.ts";
import type { ChatMessage } from "../gateway/chat.ts";
import type { QuestionDone, QuestionEvent } from "./event.ts";

export interface Question {
  readonly text: string;
  readonly trackId: string;
  /** Earlier turns, as the model is to see them. */
  readonly history: readonly ChatMessage[];
  readonly sessionId: string | null;
  readonly model: string | null;
  readonly maxCostUsd: number | null;
}

export interface CollectedAnswer {
  readonly response: string;
  readonly tools_called: QuestionDone["tools_called"];
  readonly done: QuestionDone;
}

export abstract class BaseRouter {
  /** The last event is `done` or `error`; nothing is thrown. Leaving the loop early stops the work. */
  abstract events(question: Question, signal: AbortSignal): AsyncGenerator<QuestionEvent, void, undefined>;

  /** The whole answer. @throws AppError of the `error` event. */
  async collect(
    question: Question,
    signal: AbortSignal,
    onEvent: (event: QuestionEvent) => void = () => {},
  ): Promise<CollectedAnswer> {
    for await (const event of this.events(question, signal)) {
      onEvent(event);
      if (event.type === "error") throw new AppError(event.kind, event.message);
      if (event.type === "done")
        return { response: event.full_response, tools_called: event.tools_called, done: event };
    }
    throw new AppError("internal", "The answer ended without an end.");
  }
}
