/** Whose request it is: every endpoint works with the services of its caller and with no others. */
import type { Context } from "hono";
import type { Services } from "../tools/tool.ts";
import type { HttpEnv } from "./http-env.ts";

/** The services of a request's caller. @throws AppError unauthorised for a caller who is not known. */
export type ServicesOf = (context: Context<HttpEnv>) => Services;
