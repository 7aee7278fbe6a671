/** Limits how often each caller may ask, by kind of request. */
import { isIPv6 } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import type { RateLimit, RouteClass } from "../auth/rate-limits.ts";
import type { BucketState } from "../auth/token-buckets.ts";
import { type Caller, LOCAL_CALLER } from "../caller.ts";
import { scopeOf } from "../tools/scopes.ts";
import type { Tool } from "../tools/tool.ts";
import { type HttpEnv, NOBODY } from "./http-env.ts";
import { HttpError } from "./problem.ts";
import { routeClasses } from "./route-class.ts";
import type { HttpSecurity } from "./security.ts";

export interface RateLimiter {
  /** Takes a token for a request. Null where nothing is limited, as for the user of this machine without a credential. */
  take(context: Context, caller: Caller, routeClass: RouteClass): Promise<TakenToken | null>;
}

export interface TakenToken {
  /** 429, or null where the request may go on. */
  readonly refusal: HttpError | null;
  /** For the answer of a request that went on. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Costs nothing, and is asked by what watches the server. */
const UNLIMITED = "/health";

export function rateLimiter({ takeToken, rateLimits }: Pick<HttpSecurity, "takeToken" | "rateLimits">): RateLimiter {
  return {
    async take(context, caller, routeClass) {
      if (rateLimits === null || caller === LOCAL_CALLER) return null;
      const limit = rateLimits[routeClass];
      const who = caller === NOBODY ? `address:${clientAddress(context)}` : `key:${caller.keyId}`;
      const state = await takeToken(`${routeClass}:${who}`, limit);
      const headers = rateHeaders(routeClass, limit, state);
      if (state.allowed) return { refusal: null, headers };
      return { refusal: tooMany(routeClass, state, headers), headers };
    },
  };
}

/**
 * Limits each request by its caller and kind. Requests of MCP are of the kind of the tools that they call, one token for each call.
 * Runs behind the limit of the body's size, because it reads the bodies of MCP requests.
 */
export function rateLimit(limiter: RateLimiter, tools: readonly Tool[]): MiddlewareHandler<HttpEnv> {
  const classes = new Map(tools.map((tool) => [tool.name, scopeOf(tool)]));
  return async (context, next) => {
    if (context.req.path === UNLIMITED) return next();
    let headers: TakenToken["headers"] = {};
    for (const routeClass of await routeClasses(context, classes)) {
      const taken = await limiter.take(context, context.get("caller"), routeClass);
      if (taken !== null && taken.refusal !== null) throw taken.refusal;
      headers = { ...headers, ...taken?.headers };
    }
    await next();
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  };
}

/** Of IPv6 the network: whoever has one address there has 2^64. */
function clientAddress(context: Context): string {
  const address = getConnInfo(context).remote.address ?? "unknown";
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail = ""] = address.split("::");
  const before = head.split(":").filter((group) => group !== "");
  const after = tail.split(":").filter((group) => group !== "");
  const zeros = address.includes("::") ? Array.from({ length: 8 - before.length - after.length }, () => "0") : [];
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}

/** Of draft-ietf-httpapi-ratelimit-headers. */
function rateHeaders(
  routeClass: RouteClass,
  { burst, requests, windowSeconds }: RateLimit,
  { remaining, resetSeconds }: BucketState,
): Record<string, string> {
  return {
    "ratelimit-policy": `"${routeClass}";q=${burst};w=${Math.ceil((burst * windowSeconds) / requests)}`,
    ratelimit: `"${routeClass}";r=${remaining};t=${resetSeconds}`,
  };
}

function tooMany(
  routeClass: RouteClass,
  { retryAfterSeconds }: BucketState,
  headers: Readonly<Record<string, string>>,
): HttpError {
  return new HttpError(
    429,
    "rate_limited",
    `Too many requests of the kind "${routeClass}". Wait ${retryAfterSeconds} s and try again; HARK_RATE_LIMIT sets the limit.`,
    { headers: { ...headers, "retry-after": String(retryAfterSeconds) } },
  );
}
