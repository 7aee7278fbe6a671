/** What middleware leaves for routes. */
import type { Caller } from "../caller.ts";
import type { AppError } from "../errors.ts";

export interface HttpEnv {
  Variables: {
    /** Whose request it is; set for every route. */
    caller: Caller;
    /** Why the caller of a WebSocket is nobody; the socket is accepted to be closed with its own code. Null where all is well. */
    refusal: AppError | null;
  };
}

/** Who brings no credential where one is required: it may do nothing and owns nothing. */
export const NOBODY: Caller = { owner: "nobody", keyId: "nobody", scopes: new Set() };
