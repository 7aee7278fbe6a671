/** Whose request it is: every endpoint works with the services of its caller and with no others. */
import type { Context } from "hono";
import type { Scope } from "../caller.ts";
import { AppError } from "../errors.ts";
import type { Services } from "../tools/tool.ts";

/** The services of a request's caller. @throws AppError unauthorised for a caller who is not known. */
export type ServicesOf = (context: Context) => Services;

/** For what is no tool: tools check their own. @throws AppError forbidden without the scope. */
export function requireScope({ caller }: Services, scope: Scope): void {
  if (caller.scopes.has(scope)) return;
  throw new AppError("forbidden", `This needs the scope "${scope}". Use a key that has it.`);
}
