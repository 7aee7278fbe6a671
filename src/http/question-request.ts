/** Questions as applications ask them, and their answers as events that always end in `done` or `error`. */
import { z } from "zod";
import { AppError, toAppError } from "../errors.ts";
import type { BaseRouter, Question } from "../question/base-router.ts";
import type { QuestionEvent } from "../question/event.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Services } from "../tools/tool.ts";

const MOST_CHARACTERS = 8000;

export const QUESTION_REQUEST = z.strictObject({
  text: z.string().trim().min(1, "must not be empty").max(MOST_CHARACTERS),
  session_id: z.string().max(100).optional().describe("Of an earlier answer, to go on from it"),
  model: z.string().max(200).optional().describe("To choose it yourself"),
  max_cost_usd: z.number().nonnegative().optional(),
});

export type QuestionRequest = z.output<typeof QUESTION_REQUEST>;

/** The router that answers a caller's questions, with the caller's tools and budgets. */
export type RouterFor = (services: Services) => Promise<BaseRouter>;

export function questionOf(trackId: string, request: QuestionRequest): Question {
  return {
    text: request.text,
    trackId,
    history: [],
    sessionId: request.session_id ?? null,
    model: request.model ?? null,
    maxCostUsd: request.max_cost_usd ?? null,
  };
}

/** The router's events as they are. Whatever goes wrong besides becomes their `error`. */
export async function* answerEvents(
  router: BaseRouter,
  question: Question,
  signal: AbortSignal,
  logger: Logger,
): AsyncGenerator<QuestionEvent, void, undefined> {
  try {
    for await (const event of router.events(question, signal)) {
      yield event;
      if (event.type === "done" || event.type === "error") return;
    }
    throw new AppError("internal", "The answer ended without an end. Ask again.");
  } catch (error) {
    const { kind, message } = toAppError(error);
    logger[kind === "internal" ? "error" : "info"]({ err: error, kind }, "question failed");
    yield { type: "error", kind, message };
  }
}
