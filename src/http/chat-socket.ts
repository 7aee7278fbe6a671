/** `/v1/tracks/{id}/chat`: a WebSocket on which a track is asked about. */
import { upgradeWebSocket } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { WSEvents } from "hono/ws";
import { WebSocket } from "ws";
import type { Authenticate } from "../auth/authenticator.ts";
import { type AppError, toAppError } from "../errors.ts";
import type { Logger } from "../telemetry/log.ts";
import type { JsonSchema } from "../tools/json-schema.ts";
import { requireScope } from "../tools/scopes.ts";
import { ChatConnection } from "./chat-connection.ts";
import { CLOSE, closeReason } from "./chat-message.ts";
import { describeEndpoint } from "./endpoint-description.ts";
import type { HttpEnv } from "./http-env.ts";
import { allowOnly, HttpError, problemResponse } from "./problem.ts";
import type { RouterFor } from "./question-request.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { ServicesOf } from "./services-of.ts";

const PATH = "/v1/tracks/:id/chat";

interface ChatRoutes {
  readonly servicesOf: ServicesOf;
  readonly authenticate: Authenticate;
  readonly limiter: RateLimiter;
  readonly routerFor: RouterFor;
  readonly logger: Logger;
  readonly keepAliveMs: number;
}

export function chatRoutes(options: ChatRoutes): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get(
    PATH,
    upgradeWebSocket((context) => chatEvents(context, options), {
      onError: (error) => options.logger.warn({ err: error }, "chat"),
    }),
    () =>
      problemResponse(
        new HttpError(426, "invalid_input", "This is a WebSocket. Open it with ws://, or POST to …/questions.", {
          headers: { upgrade: "websocket" },
        }),
      ),
  );
  allowOnly(app, PATH, "GET");
  return app;
}

/** Browsers see close codes and no HTTP status: who may not come in, or asks for nothing, is let in and told. */
async function chatEvents(context: Context<HttpEnv>, options: ChatRoutes): Promise<WSEvents<unknown>> {
  const { routerFor, logger, keepAliveMs } = options;
  try {
    const services = options.servicesOf(context);
    requireScope(services.caller, "read");
    const track = await services.library.get(context.req.param("id") ?? "");
    const admitQuestion = questionDoor(context, options);
    let connection: ChatConnection | undefined;
    return {
      onOpen(_event, { raw }) {
        if (!(raw instanceof WebSocket)) throw new Error("the WebSocket is not one of ws");
        connection = new ChatConnection(raw, track, { services, admitQuestion, routerFor, logger, keepAliveMs });
      },
      onMessage: ({ data }) => connection?.receive(data),
      onClose: () => connection?.closed(),
    };
  } catch (error) {
    const refusal = toAppError(error);
    const code = closeCode(refusal);
    if (code === null) throw error;
    return { onOpen: (_event, socket) => socket.close(code, closeReason(refusal.message)) };
  }
}

/** Looks at the credential again for each question: a chat may stay open long after it was revoked or has expired. */
function questionDoor(context: Context<HttpEnv>, { authenticate, limiter }: ChatRoutes): () => Promise<void> {
  const { headers, url } = context.req.raw;
  const credential = { headers: new Headers(headers), url };
  return async () => {
    const caller = await authenticate(credential);
    requireScope(caller, "ask");
    const taken = await limiter.take(context, caller, "ask");
    if (taken !== null && taken.refusal !== null) throw taken.refusal;
  };
}

function closeCode({ kind }: AppError): number | null {
  if (kind === "unauthorised") return CLOSE.unauthorised;
  if (kind === "forbidden") return CLOSE.forbidden;
  return kind === "not_found" ? CLOSE.notFound : null;
}

export const CHAT_PATHS: JsonSchema = {
  "/v1/tracks/{id}/chat": {
    get: describeEndpoint({
      operationId: "chat",
      summary: "Ask about a track over a WebSocket",
      description: [
        "Every message is a JSON object with a type. First comes status with the track; while it is measured, thinking as agents end, and status when it changes.",
        'Send {"type":"question","text":"…"} (session_id, model, max_cost_usd as in POST /v1/tracks/{id}/questions) and receive the events of the answer: tool_call, tool_result, token, and at the end done or error. {"type":"cancel"} stops it.',
        "One question at a time. A message that is not taken (malformed, unknown, empty, a second question) gets error with refused: true, and the socket stays open.",
        "Close codes: 4001 unauthorised, 4003 forbidden, 4004 no such track, 1009 a message over 1 MB, 1001 the server stops.",
      ].join(" "),
      tag: "questions",
      path: ["id"],
      answers: { "101": "The WebSocket is open", "426": "The request asks for no WebSocket" },
    }),
  },
};
