/** Words of a command line, parsed strictly; a wrong one is explained. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { AppError } from "../errors.ts";

export interface ParsedArguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** @throws AppError invalid_input for an unknown option, or one without its value, with the command's usage. */
export function parseArguments(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
  usage: string,
): ParsedArguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const single = Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]);
    return { values: Object.fromEntries(single), positionals };
  } catch (cause) {
    const problem = cause instanceof Error ? (cause.message.split(". ")[0] ?? "") : "";
    throw new AppError("invalid_input", `${problem.replace(/\.$/, "")}. Usage: hark ${usage}`, { cause });
  }
}
