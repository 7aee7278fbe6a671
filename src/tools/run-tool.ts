/** The one way in which every surface runs a tool: the caller and the arguments are checked before, the answer after. */
import { z } from "zod";
import { AppError } from "../errors.ts";
import { requireScope, scopeOf } from "./scopes.ts";
import type { CallContext, Tool, ToolAnswer } from "./tool.ts";

/**
 * Runs a tool on arguments from outside. A null for an optional argument counts as left out, because strict function
 * calling has no other way to leave one out.
 * @throws AppError forbidden naming the scope that is missing, invalid_input naming each wrong argument; whatever the tool throws.
 */
export async function runTool(
  tool: Tool,
  args: unknown,
  context: CallContext,
): Promise<ToolAnswer<Record<string, unknown>>> {
  requireScope(context.services.caller, scopeOf(tool));
  const input = parseArguments(tool.input, withoutOptionalNulls(tool.input, args));
  if (!input.success) throw new AppError("invalid_input", describeProblems(tool, input.error));
  const answer = await tool.run(input.data, context);
  const output = tool.output.safeParse(answer.value);
  if (!output.success)
    throw new Error(`${tool.name} gave an answer outside of its schema: ${z.prettifyError(output.error)}`);
  return { ...answer, value: output.data };
}

/** Parses; nulls inside of arguments that are refused are left out, as those of arguments are. */
function parseArguments(schema: z.ZodObject, args: unknown): z.ZodSafeParseResult<Record<string, unknown>> {
  const parsed = schema.safeParse(args);
  const inner = parsed.success ? [] : parsed.error.issues.map(({ path }) => path).filter(({ length }) => length > 1);
  if (inner.length === 0) return parsed;
  const copy: unknown = structuredClone(args);
  for (const path of inner) {
    const parent = path.slice(0, -1).reduce<unknown>(memberOf, copy);
    const name = path.at(-1);
    if (typeof name === "string" && memberOf(parent, name) === null) Reflect.deleteProperty(Object(parent), name);
  }
  return schema.safeParse(copy);
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function withoutOptionalNulls(input: z.ZodObject, args: unknown): unknown {
  if (args === undefined || args === null) return {};
  if (typeof args !== "object" || Array.isArray(args)) return args;
  return Object.fromEntries(
    Object.entries(args).filter(([name, value]) => value !== null || !isOptional(input.shape[name])),
  );
}

function isOptional(schema: z.core.$ZodType | undefined): boolean {
  return schema !== undefined && z.safeParse(schema, undefined).success;
}

function describeProblems(tool: Tool, error: z.ZodError): string {
  const problems = error.issues.map((issue) => {
    const place = issue.path.join(".");
    return place === "" ? issue.message : `${place}: ${issue.message}`;
  });
  const accepted = Object.keys(tool.input.shape).join(", ") || "no arguments";
  return `${tool.name} cannot take these arguments. ${problems.join("; ")}. It takes: ${accepted}.`;
}
