/** What a question router needs of a conversation. Who stores it, and what of it the model sees, is decided elsewhere. */
import type { ErrorKind } from "../errors.ts";
import type { ChatMessage } from "../gateway/chat.ts";
import type { QuestionDone } from "./event.ts";

/** A question that was answered. */
export interface ConversationTurn {
  readonly question: string;
  readonly trackId: string;
  readonly answer: QuestionDone;
}

/** One run of a tool or one call of a model on the way to an answer. */
export interface Execution {
  readonly kind: "tool" | "model";
  readonly name: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly success: boolean;
  readonly errorKind: ErrorKind | null;
  /** Of models, where they are known. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
}

export type LogExecution = (execution: Execution) => void;

export interface Conversation {
  /** Null where nothing is kept. */
  readonly sessionId: string | null;
  /** Earlier turns, as the model is to see them. */
  history(signal: AbortSignal): Promise<readonly ChatMessage[]>;
  record(turn: ConversationTurn): Promise<void>;
  log(execution: Execution): void;
}
