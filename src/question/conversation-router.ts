/** Puts a question into its conversation: earlier turns before it, the answer recorded after it. */
import { toAppError } from "../errors.ts";
import { BaseRouter, type Question } from "./base-router.ts";
import type { Conversation, LogExecution } from "./conversation.ts";
import type { QuestionEvent } from "./event.ts";

export interface ConversationRouterOptions {
  /** The conversation that a question belongs to. @throws AppError not_found for a session that is not there. */
  readonly open: (question: Question) => Promise<Conversation>;
  readonly router: (logExecution: LogExecution) => BaseRouter;
  readonly onFailure: (error: unknown, tool: string | null) => void;
}

/** A question's own `history` is left as it is and follows that of the conversation. */
export class ConversationRouter extends BaseRouter {
  readonly #options: ConversationRouterOptions;

  constructor(options: ConversationRouterOptions) {
    super();
    this.#options = options;
  }

  async *events(question: Question, signal: AbortSignal): AsyncGenerator<QuestionEvent, void, undefined> {
    const { open, router, onFailure } = this.#options;
    try {
      const conversation = await open(question);
      const history = [...(await conversation.history(signal)), ...question.history];
      const { sessionId } = conversation;
      const log: LogExecution = (execution) => conversation.log(execution);
      for await (const event of router(log).events({ ...question, history, sessionId }, signal)) {
        yield event.type === "done" ? await this.#record(conversation, question, event) : event;
      }
    } catch (error) {
      onFailure(error, null);
      const { kind, message } = toAppError(error);
      yield { type: "error", kind, message };
    }
  }

  /** An answer that could not be recorded is given all the same, as one that belongs to no session. */
  async #record(
    conversation: Conversation,
    { text, trackId }: Question,
    answer: Extract<QuestionEvent, { type: "done" }>,
  ): Promise<QuestionEvent> {
    try {
      await conversation.record({ question: text, trackId, answer });
      return answer;
    } catch (error) {
      this.#options.onFailure(error, null);
      return { ...answer, session_id: null };
    }
  }
}
