/** Which web pages may ask: those of this server's own hosts, and those whose origin is in the list. Others are answered 403. */
import { hostHeaderValidation, originValidation } from "@modelcontextprotocol/hono";
import type { MiddlewareHandler } from "hono";
import type { HttpSecurity } from "./security.ts";

const LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

const PREFLIGHT_SECONDS = "600";
const METHODS = "GET, POST, DELETE, OPTIONS";
const REQUEST_HEADERS = [
  "accept",
  "authorization",
  "content-type",
  "last-event-id",
  "mcp-method",
  "mcp-name",
  "mcp-protocol-version",
  "mcp-session-id",
  "x-api-key",
  "x-request-id",
].join(", ");
const EXPOSED_HEADERS = [
  "location",
  "mcp-protocol-version",
  "mcp-session-id",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "www-authenticate",
  "x-request-id",
].join(", ");

/** Answers 403 for a Host that is not this server: a page could have pointed its own name here. */
export function hostCheck({ allowedHosts }: Pick<HttpSecurity, "allowedHosts">): MiddlewareHandler {
  return hostHeaderValidation([...LOCAL_HOSTS, ...allowedHosts]);
}

/**
 * Cross-origin requests by exact origin, preflights included; no page gets credentials sent by its browser, since there are no cookies.
 * Runs before authentication: preflights bring none.
 */
export function cors({
  corsOrigins,
  allowedHosts,
}: Pick<HttpSecurity, "corsOrigins" | "allowedHosts">): MiddlewareHandler {
  const checkOrigin = originValidation([...LOCAL_HOSTS, ...allowedHosts]);
  return async (context, next) => {
    const origin = context.req.header("origin");
    if (origin === undefined || !corsOrigins.includes(origin)) return checkOrigin(context, next);
    if (context.req.method === "OPTIONS" && context.req.header("access-control-request-method") !== undefined) {
      return new Response(null, {
        status: 204,
        headers: {
          "access-control-allow-origin": origin,
          "access-control-allow-methods": METHODS,
          "access-control-allow-headers": REQUEST_HEADERS,
          "access-control-max-age": PREFLIGHT_SECONDS,
          vary: "origin",
        },
      });
    }
    await next();
    context.header("access-control-allow-origin", origin);
    context.header("access-control-expose-headers", EXPOSED_HEADERS);
    context.header("vary", "origin", { append: true });
    return undefined;
  };
}
