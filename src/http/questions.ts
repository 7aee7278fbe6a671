/** `POST /v1/tracks/{id}/questions`: a question, and its answer as server-sent events or in one piece. */
import { type Context, Hono } from "hono";
import { QUESTION_EVENT, type QuestionEvent } from "../question/event.ts";
import type { Logger } from "../telemetry/log.ts";
import type { JsonSchema } from "../tools/json-schema.ts";
import { statusEvent } from "./analysis-watch.ts";
import type { StatusEvent } from "./chat-message.ts";
import { describeEndpoint } from "./endpoint-description.ts";
import { eventStream } from "./event-stream.ts";
import type { HttpEnv } from "./http-env.ts";
import { llmProblem } from "./llm-problem.ts";
import { allowOnly } from "./problem.ts";
import { answerEvents, QUESTION_REQUEST, questionOf, type RouterFor } from "./question-request.ts";
import { parsedBody } from "./request-input.ts";
import type { ServicesOf } from "./services-of.ts";

interface QuestionRoutes {
  readonly servicesOf: ServicesOf;
  readonly routerFor: RouterFor;
  readonly logger: Logger;
}

export function questionRoutes({ servicesOf, routerFor, logger }: QuestionRoutes): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.post("/v1/tracks/:id/questions", async (context) => {
    const services = servicesOf(context);
    const track = await services.library.get(context.req.param("id"));
    const question = questionOf(track.id, await parsedBody(context, QUESTION_REQUEST));
    const router = await routerFor(services);
    if (wantsWhole(context)) {
      const { done } = await router.collect(question, context.req.raw.signal).catch((error: unknown) => {
        throw llmProblem(error);
      });
      return context.json(done);
    }
    const leaving = new AbortController();
    const signal = AbortSignal.any([context.req.raw.signal, leaving.signal]);
    const answer = answerEvents(router, question, signal, logger);
    return eventStream(withStatus(statusEvent(track), answer), () => leaving.abort());
  });
  allowOnly(app, "/v1/tracks/:id/questions", "POST");
  return app;
}

/** Whether a client takes JSON and no stream. */
function wantsWhole({ req }: Context): boolean {
  const accept = req.header("accept") ?? "";
  return accept.includes("application/json") && !accept.includes("text/event-stream");
}

async function* withStatus(
  status: StatusEvent,
  answer: AsyncGenerator<QuestionEvent, void, undefined>,
): AsyncGenerator<StatusEvent | QuestionEvent, void, undefined> {
  yield status;
  yield* answer;
}

const [, , , DONE] = QUESTION_EVENT.options;

export const QUESTION_PATHS: JsonSchema = {
  "/v1/tracks/{id}/questions": {
    post: describeEndpoint({
      operationId: "ask_question",
      summary: "Ask about a track",
      description:
        "Answers as server-sent events: status, then tool_call, tool_result, token, and at the end done or error, each as event: with JSON in data:. With Accept: application/json the done event alone. Leaving stops the work.",
      tag: "questions",
      path: ["id"],
      body: QUESTION_REQUEST,
      answers: { "200": DONE },
      mediaType: "text/event-stream",
    }),
  },
};
