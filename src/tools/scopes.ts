/** What a caller must be allowed to do for a tool, and for what is no tool. */
import type { Caller, Scope } from "../caller.ts";
import { AppError } from "../errors.ts";
import type { Tool } from "./tool.ts";

/** Their tools ask language models, which costs money. */
const SPENDING_TOOLSETS: ReadonlySet<string> = new Set(["question"]);

/** `ask` for what may cost money, else `read` or `write`. */
export function scopeOf({ annotations, toolset }: Pick<Tool, "annotations" | "toolset">): Exclude<Scope, "files"> {
  if (annotations.openWorldHint || SPENDING_TOOLSETS.has(toolset)) return "ask";
  return annotations.readOnlyHint ? "read" : "write";
}

/** @throws AppError forbidden that names the scope. */
export function requireScope({ scopes }: Caller, scope: Scope): void {
  if (scopes.has(scope)) return;
  const granted = scopes.size === 0 ? "none" : [...scopes].join(", ");
  throw new AppError(
    "forbidden",
    `This needs the scope "${scope}", and the credential has: ${granted}. Use a key or token that has it.`,
  );
}
