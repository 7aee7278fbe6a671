/** Words of a command line, parsed strictly; a wrong one is explained. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { AppError } from "../errors.ts";

export interface ParsedArguments {
  /** A list for an option that may be repeated. */
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
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
    return { values, positionals };
  } catch (cause) {
    const problem = cause instanceof Error ? (cause.message.split(". ")[0] ?? "") : "";
    throw new AppError("invalid_input", `${problem.replace(/\.$/, "")}. Usage: hark ${usage}`, { cause });
  }
}
