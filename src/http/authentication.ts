/** Who a request is from. Every route reads the caller that is set here, and nothing else. */
import type { Context, MiddlewareHandler } from "hono";
import { credentialOf } from "../auth/authenticator.ts";
import { LOCAL_CALLER } from "../caller.ts";
import { type AppError, toAppError } from "../errors.ts";
import { type HttpEnv, NOBODY } from "./http-env.ts";
import { HttpError } from "./problem.ts";
import { metadataUrl } from "./protected-resource.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { HttpSecurity } from "./security.ts";

/** What is answered without a credential; of files the link's signature is the permission. */
const OPEN = /^\/(health|ready|openapi\.json)$|^\/\.well-known\/|^\/v1\/files\//;

/** Browsers do not tell a page why an upgrade was refused, so these are refused by a close code afterwards. */
const SOCKET = /^\/v1\/tracks\/[^/]+\/chat$/;

/**
 * Sets the caller of each request, or answers 401. Refusals count against the client's address, so that credentials cannot be guessed
 * at full speed.
 */
export function authentication(security: HttpSecurity, limiter: RateLimiter): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const { path, raw } = context.req;
    context.set("refusal", null);
    try {
      const isOpen = OPEN.test(path) && (path !== "/ready" || (security.isRequired && credentialOf(raw) === null));
      // Where nothing is required, what is open must not wait for a database to count strangers in.
      const stranger = security.isRequired ? NOBODY : LOCAL_CALLER;
      context.set("caller", isOpen ? stranger : await security.authenticate(raw));
    } catch (error) {
      const refusal = toAppError(error);
      if (refusal.kind !== "unauthorised") throw refusal;
      const taken = await limiter.take(context, NOBODY, "read");
      if (taken !== null && taken.refusal !== null) throw taken.refusal;
      if (!isSocket(context)) throw unauthorised(context, refusal, security);
      context.set("refusal", refusal);
      context.set("caller", NOBODY);
    }
    return next();
  };
}

function isSocket({ req }: Context): boolean {
  return SOCKET.test(req.path) && req.header("upgrade")?.toLowerCase() === "websocket";
}

/** As RFC 6750 and RFC 9728 have it: MCP clients find the authorisation server by it. */
function unauthorised(context: Context, refusal: AppError, security: HttpSecurity): HttpError {
  const parameters = ['realm="hark"'];
  const { headers } = context.req.raw;
  if (headers.has("authorization") || headers.has("x-api-key")) parameters.push('error="invalid_token"');
  if (security.oauthIssuers.length > 0) parameters.push(`resource_metadata="${metadataUrl(context, security)}"`);
  const challenge = `Bearer ${parameters.join(", ")}`;
  return new HttpError(401, refusal.kind, refusal.message, {
    headers: { "www-authenticate": challenge },
    cause: refusal,
  });
}
