/** The HTTP surface: MCP, the tools as REST endpoints, health, and the description of it all. */
import { localhostHostValidation, localhostOriginValidation } from "@modelcontextprotocol/hono";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError, toAppError } from "../errors.ts";
import type { McpHttpEndpoint } from "../mcp/http-handler.ts";
import { currentRequestId, type Logger, newRequestId, withRequestId } from "../telemetry/log.ts";
import { mcpTool, openApiDocument } from "../tools/projections.ts";
import { runTool } from "../tools/run-tool.ts";
import type { Services, Tool } from "../tools/tool.ts";
import { fileResponse } from "./files-route.ts";
import { problemResponse } from "./problem.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** A request id from outside is kept when it looks like one. */
const REQUEST_ID = /^[\w.-]{1,100}$/;

interface HttpOptions {
  readonly tools: readonly Tool[];
  readonly services: Services;
  readonly mcp: McpHttpEndpoint;
  readonly version: string;
  readonly logger: Logger;
}

/** The application. Requests whose Host or Origin is not this machine are answered 403, whatever they ask for. */
export function createHttpApp({ tools, services, mcp, version, logger }: HttpOptions): Hono {
  const app = new Hono();
  const openApi = openApiDocument(tools, version);
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

  app.use(localhostHostValidation(), localhostOriginValidation());
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => problemResponse(tooLarge(), requestId(), 413) }));

  app.all("/mcp", async (context) => {
    const body = context.req.method === "POST" ? await jsonBody(context).catch(() => undefined) : undefined;
    return mcp.fetch(context.req.raw, body);
  });
  app.get("/v1/tools", (context) => context.json({ tools: tools.map(mcpTool) }));
  app.post("/v1/tools/:name", async (context) => {
    const tool = findTool(tools, context.req.param("name"));
    const args = await jsonBody(context);
    const { value } = await runTool(tool, args, { services, signal: context.req.raw.signal, progress: () => {} });
    return context.json(value);
  });
  // The signature is the permission.
  app.get("/v1/files/:sha256/:name", (context) => fileResponse(context, services.files));
  app.get("/openapi.json", (context) => context.json(openApi));
  app.get("/health", (context) => context.json({ status: "ok", version }));
  app.get("/ready", async (context) => {
    const checks = await services.checkHealth();
    const ready = checks.every((check) => check.status !== "failed");
    return context.json({ ready, checks }, ready ? 200 : 503);
  });

  for (const path of ["/v1/tools", "/openapi.json", "/health", "/ready"]) app.all(path, () => wrongMethod("GET"));
  app.all("/v1/tools/:name", () => wrongMethod("POST"));
  app.all("/v1/files/:sha256/:name", () => wrongMethod("GET"));
  app.notFound((context) =>
    problem(new AppError("not_found", `There is nothing at ${context.req.path}. /openapi.json lists what there is.`)),
  );
  app.onError((error) => {
    const known = toAppError(error);
    logger[known.kind === "internal" ? "error" : "info"]({ err: error, kind: known.kind }, "request failed");
    return problem(known);
  });
  return app;
}

function findTool(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined)
    throw new AppError("not_found", `There is no tool "${name.slice(0, 60)}". GET /v1/tools lists them.`);
  return tool;
}

/** The request's JSON; an empty body is an empty object. */
async function jsonBody(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_input", "The body is not JSON. Send an object with the tool's arguments.", { cause });
  }
}

function problem(error: AppError): Response {
  return problemResponse(error, requestId());
}

function wrongMethod(allowed: string): Response {
  const response = problemResponse(
    new AppError("invalid_input", `Only ${allowed} is answered here.`),
    requestId(),
    405,
  );
  response.headers.set("allow", allowed);
  return response;
}

function tooLarge(): AppError {
  return new AppError("invalid_input", "The body is larger than 4 MB. Hark takes paths and ids, not audio, in JSON.");
}

function requestId(): string {
  return currentRequestId() ?? newRequestId();
}
