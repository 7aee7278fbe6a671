/** Of which kind a request is: it decides the scope that is needed and the bucket that it is counted in. */
import type { Context, MiddlewareHandler } from "hono";
import type { RouteClass } from "../auth/rate-limits.ts";
import { requireScope } from "../tools/scopes.ts";
import type { HttpEnv } from "./http-env.ts";

/** The kinds of tools, by name. */
export type ToolClasses = ReadonlyMap<string, RouteClass>;

const TOOL = /^\/v1\/tools(?:\/([^/]+))?$/;
const QUESTION = /^\/v1\/tracks\/[^/]+\/questions$/;

/** Asks for its scopes itself, since a browser is told by a close code alone; each question is counted as one. */
const CHAT = /^\/v1\/tracks\/[^/]+\/chat$/;

/** Downloads by signed links, whoever follows them. */
const FILE = /^\/v1\/files\//;

/**
 * Refuses what the caller's scopes do not allow, before any route under /v1/ sees it. Tools are left to the place where they run, which is
 * the same for MCP; so are WebSockets.
 */
export function routeScope(): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const { method, path } = context.req;
    if (path.startsWith("/v1/") && !TOOL.test(path) && !CHAT.test(path) && !FILE.test(path))
      requireScope(context.get("caller"), restClass(method, path));
    return next();
  };
}

/** The kind of a request; of a POST to MCP one for each message of its body, which may be a batch. */
export async function routeClasses({ req }: Context, tools: ToolClasses): Promise<RouteClass[]> {
  const { method, path } = req;
  if (path === "/mcp") return method === "POST" ? mcpClasses(await req.text(), tools) : ["read"];
  const tool = TOOL.exec(path);
  return [tool === null ? restClass(method, path) : (tools.get(tool[1] ?? "") ?? "read")];
}

function restClass(method: string, path: string): RouteClass {
  if (QUESTION.test(path)) return "ask";
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return "read";
  if (path.startsWith("/v1/llm/")) return "ask";
  // Projections of tools, which know better than their paths.
  return path.startsWith("/v1/gateway/") ? "read" : "write";
}

/** What is no JSON is one of the cheapest. */
function mcpClasses(body: string, tools: ToolClasses): RouteClass[] {
  const messages = parseMessages(body);
  return messages.length === 0 ? ["read"] : messages.map((message) => tools.get(calledTool(message)) ?? "read");
}

function parseMessages(body: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(body);
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch {
    return [];
  }
}

function calledTool(message: unknown): string {
  if (typeof message !== "object" || message === null || !("method" in message) || !("params" in message)) return "";
  const { method, params } = message;
  if (method !== "tools/call" || typeof params !== "object" || params === null || !("name" in params)) return "";
  return String(params.name);
}
