/** Who a request is from. Every route reads the caller that is set here, and nothing else. */
import type { MiddlewareHandler } from "hono";
import { type Caller, LOCAL_CALLER } from "../caller.ts";

export interface HttpEnv {
  Variables: {
    /** Set for every route. */
    caller: Caller;
  };
}

/** Sets the caller of each request. */
export function authentication(): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    context.set("caller", LOCAL_CALLER);
    await next();
  };
}
