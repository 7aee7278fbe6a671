/** Language models for applications: one API before all providers, with routing, budgets and fallbacks applied. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Context, Hono } from "hono";
import { toAppError } from "../errors.ts";
import type { ChatEvent } from "../gateway/chat-service.ts";
import { modelsResource } from "../resources/models-resource.ts";
import type { Logger } from "../telemetry/log.ts";
import type { JsonSchema } from "../tools/json-schema.ts";
import { describeEndpoint } from "./endpoint-description.ts";
import { eventStream } from "./event-stream.ts";
import type { HttpEnv } from "./http-env.ts";
import { llmProblem } from "./llm-problem.ts";
import {
  chatRequest,
  collectAnswer,
  LLM_ANSWER,
  LLM_MODELS,
  LLM_REQUEST,
  type LlmEvent,
  llmEvent,
} from "./llm-request.ts";
import { allowOnly } from "./problem.ts";
import { parsedBody } from "./request-input.ts";
import type { ServicesOf } from "./services-of.ts";

/**
 * How long a stream waits for its first words before it is opened: what fails until then is answered with a status. Budgets and
 * refused keys fail at once; a model that reasons for minutes must not leave its caller without an answer's head.
 */
const STATUS_WAIT_MS = 2000;

interface LlmRoutes {
  readonly servicesOf: ServicesOf;
  readonly logger: Logger;
}

export function llmRoutes({ servicesOf, logger }: LlmRoutes): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();

  const begin = async (context: Context<HttpEnv>, signal: AbortSignal) => {
    const services = servicesOf(context);
    const input = await parsedBody(context, LLM_REQUEST);
    const request = chatRequest(input, services, signal);
    return (await services.gateway()).chat(request);
  };

  app.post("/v1/llm/chat", async (context) => {
    const events = await begin(context, context.req.raw.signal);
    const answer = await collectAnswer(events).catch((error: unknown) => {
      throw llmProblem(error);
    });
    return context.json(answer);
  });

  app.post("/v1/llm/stream", async (context) => {
    const leaving = new AbortController();
    const chat = await begin(context, AbortSignal.any([context.req.raw.signal, leaving.signal]));
    const opening = firstWords(chat);
    const patience = sleep(STATUS_WAIT_MS, undefined, { ref: false });
    await Promise.race([opening, patience]).catch((error: unknown) => {
      throw llmProblem(error);
    });
    return eventStream(streamedEvents(opening, chat, logger), () => leaving.abort());
  });

  app.get("/v1/llm/models", async (context) => {
    const services = servicesOf(context);
    const call = { services, signal: context.req.raw.signal, progress: () => {} };
    return context.json(LLM_MODELS.parse(await modelsResource.read({}, call)));
  });

  allowOnly(app, "/v1/llm/chat", "POST");
  allowOnly(app, "/v1/llm/stream", "POST");
  allowOnly(app, "/v1/llm/models", "GET");
  return app;
}

/** The events of a chat up to its first words. */
async function firstWords(chat: AsyncGenerator<ChatEvent, void, undefined>): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for (;;) {
    const { done, value } = await chat.next();
    if (done === true) return events;
    events.push(value);
    if (value.type !== "model") return events;
  }
}

/** Whatever fails from here on is an event. A stream that is left leaves the chat, which settles what was received. */
async function* streamedEvents(
  opening: Promise<readonly ChatEvent[]>,
  chat: AsyncGenerator<ChatEvent, void, undefined>,
  logger: Logger,
): AsyncGenerator<LlmEvent, void, undefined> {
  try {
    for (const event of await opening) yield llmEvent(event);
    for await (const event of chat) yield llmEvent(event);
  } catch (error) {
    const { kind, message } = toAppError(error);
    logger[kind === "internal" ? "error" : "info"]({ err: error, kind }, "chat failed");
    yield { type: "error", kind, message };
  } finally {
    await chat.return();
  }
}

export const LLM_PATHS: JsonSchema = {
  "/v1/llm/chat": {
    post: describeEndpoint({
      operationId: "llm_chat",
      summary: "Chat with a language model",
      description:
        "Messages and tools as OpenAI's chat completions take them, text only. Picks a model unless one is named, keeps to budgets (402 before any money is spent), tries again and falls back.",
      tag: "llm",
      body: LLM_REQUEST,
      answers: { "200": LLM_ANSWER },
    }),
  },
  "/v1/llm/stream": {
    post: describeEndpoint({
      operationId: "llm_stream",
      summary: "Chat with a language model, streamed",
      description:
        "The same as server-sent events: model (again for each model that is tried), token, tool_calls, and at the end done or error. What fails before the first words is answered with a status.",
      tag: "llm",
      body: LLM_REQUEST,
      answers: { "200": "Events" },
      mediaType: "text/event-stream",
    }),
  },
  "/v1/llm/models": {
    get: describeEndpoint({
      operationId: "llm_models",
      summary: modelsResource.title,
      description: modelsResource.description,
      tag: "llm",
      answers: { "200": LLM_MODELS },
    }),
  },
};
