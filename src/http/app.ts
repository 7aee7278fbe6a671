/** The HTTP surface: MCP, the tools as REST endpoints, health, and the description of it all. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Caller } from "../caller.ts";
import { AppError, toAppError } from "../errors.ts";
import type { FileAccess } from "../files/file-access.ts";
import type { McpHttpEndpoint } from "../mcp/http-handler.ts";
import { type Logger, newRequestId, withRequestId } from "../telemetry/log.ts";
import { mcpTool } from "../tools/projections.ts";
import { runTool } from "../tools/run-tool.ts";
import type { Services, Tool } from "../tools/tool.ts";
import { authentication } from "./authentication.ts";
import { chatRoutes } from "./chat-socket.ts";
import { cors, hostCheck } from "./cors.ts";
import { fileRoutes } from "./files.ts";
import { gatewayRoutes } from "./gateway.ts";
import { type HttpEnv, NOBODY } from "./http-env.ts";
import { jobRoutes } from "./jobs.ts";
import { llmRoutes } from "./llm.ts";
import { serverDocument } from "./openapi.ts";
import { allowOnly, HttpError, problemResponse, requestId } from "./problem.ts";
import { METADATA_PATHS, protectedResource } from "./protected-resource.ts";
import type { RouterFor } from "./question-request.ts";
import { questionRoutes } from "./questions.ts";
import { rateLimit, rateLimiter } from "./rate-limit.ts";
import { jsonBody, wholeBody } from "./request-input.ts";
import { routeScope } from "./route-class.ts";
import type { HttpSecurity } from "./security.ts";
import type { ServicesOf } from "./services-of.ts";
import { trackRoutes } from "./tracks.ts";
import { isForm } from "./upload.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

const KEEP_ALIVE_MS = 30_000;

/** 4 MB over a slow line. */
const BODY_MS = 120_000;

const SILENCE_MS = 60_000;

/** A request id from outside is kept when it looks like one. */
const REQUEST_ID = /^[\w.-]{1,100}$/;

export interface HttpOptions {
  readonly tools: readonly Tool[];
  /** What a caller sees. */
  readonly servicesFor: (caller: Caller) => Services;
  readonly security: HttpSecurity;
  /** What signed links lead to. */
  readonly files: FileAccess;
  readonly mcp: McpHttpEndpoint;
  readonly version: string;
  readonly logger: Logger;
  /** Whether nothing may be added or removed. */
  readonly readOnly?: boolean;
  /** Who answers questions. */
  readonly routerFor: RouterFor;
  /** Between pings to open chats. */
  readonly keepAliveMs?: number;
  /** For a body other than an upload to come whole. */
  readonly bodyMs?: number;
  /** Longest silence in an upload. */
  readonly silenceMs?: number;
}

/** The application. Requests whose Host or Origin is not one of those allowed are answered 403, whatever they ask for. */
export function createHttpApp(options: HttpOptions): Hono<HttpEnv> {
  const { tools, servicesFor, security, files, routerFor, mcp, version, logger } = options;
  const { readOnly = false, keepAliveMs = KEEP_ALIVE_MS, bodyMs = BODY_MS, silenceMs = SILENCE_MS } = options;
  const app = new Hono<HttpEnv>();
  const servicesOf: ServicesOf = (context) => {
    const refusal = context.get("refusal");
    if (refusal !== null) throw refusal;
    return servicesFor(context.get("caller"));
  };
  const openApi = serverDocument(tools, version);
  app.use((context, next) => {
    const given = context.req.header("x-request-id") ?? "";
    return withRequestId(REQUEST_ID.test(given) ? given : newRequestId(), async () => {
      const startedAt = performance.now();
      await next();
      context.header("x-request-id", requestId());
      const { method, path } = context.req;
      logger.info({ method, path, status: context.res.status, ms: performance.now() - startedAt }, "request");
    });
  });

  const limiter = rateLimiter(security);
  app.use(hostCheck(security), cors(security));
  const limitBody = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => problemResponse(tooLarge()) });
  app.use((context, next) => (isUpload(context) ? next() : limitBody(context, next)));
  app.use(authentication(security, limiter));
  const readBody = wholeBody(bodyMs);
  app.use((context, next) => (isUpload(context) ? next() : readBody(context, next)));
  app.use(rateLimit(limiter, tools), routeScope());

  app.all("/mcp", async (context) => {
    const body = context.req.method === "POST" ? await jsonBody(context).catch(() => undefined) : undefined;
    return mcp.fetch(context.req.raw, body, context.get("caller"));
  });
  app.get("/v1/tools", (context) => context.json({ tools: tools.map(mcpTool) }));
  app.post("/v1/tools/:name", async (context) => {
    const tool = findTool(tools, context.req.param("name"));
    const args = await jsonBody(context);
    const call = { services: servicesOf(context), signal: context.req.raw.signal, progress: () => {} };
    const { value } = await runTool(tool, args, call);
    return context.json(value);
  });
  app.get("/openapi.json", (context) => context.json(openApi));
  app.get("/health", (context) => context.json({ status: "ok", version }));
  app.get("/ready", async (context) => {
    const caller = context.get("caller");
    const checks = await servicesFor(caller).checkHealth();
    const ready = checks.every((check) => check.status !== "failed");
    return context.json(caller === NOBODY ? { ready } : { ready, checks }, ready ? 200 : 503);
  });
  for (const path of ["/v1/tools", "/openapi.json", "/health", "/ready"]) allowOnly(app, path, "GET");
  allowOnly(app, "/v1/tools/:name", "POST");
  app.route("/", trackRoutes({ servicesOf, readOnly, silenceMs }));
  app.route("/", jobRoutes({ servicesOf, readOnly }));
  app.route("/", fileRoutes(files));
  app.route(
    "/",
    chatRoutes({ servicesOf, authenticate: security.authenticate, limiter, routerFor, logger, keepAliveMs }),
  );
  app.route("/", questionRoutes({ servicesOf, routerFor, logger }));
  app.route("/", gatewayRoutes(servicesOf));
  app.route("/", llmRoutes({ servicesOf, logger }));

  if (security.oauthIssuers.length > 0) {
    for (const path of METADATA_PATHS) app.get(path, (context) => protectedResource(context, security));
  }
  app.notFound((context) =>
    problemResponse(
      new AppError("not_found", `There is nothing at ${context.req.path}. /openapi.json lists what there is.`),
    ),
  );
  app.onError((error) => {
    const known = toAppError(error);
    logger[known.kind === "internal" ? "error" : "info"]({ err: error, kind: known.kind }, "request failed");
    return problemResponse(known);
  });
  return app;
}

/** Uploads have a limit of their own, and must not be read before they are let in. */
function isUpload({ req }: Context): boolean {
  return req.method === "POST" && req.path === "/v1/tracks" && isForm(req.raw);
}

function findTool(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined)
    throw new AppError("not_found", `There is no tool "${name.slice(0, 60)}". GET /v1/tools lists them.`);
  return tool;
}

function tooLarge(): AppError {
  const message = "The body is larger than 4 MB. Audio goes to POST /v1/tracks as a form; JSON names it by path or id.";
  return new HttpError(413, "invalid_input", message);
}
