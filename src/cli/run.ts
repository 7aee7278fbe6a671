/** The command line's composition root: finds the command, runs it, and turns its end into an exit code. */
import { dirname, resolve } from "node:path";
import { createApplication } from "../application.ts";
import { type Config, readConfig } from "../config.ts";
import { AppError, toAppError } from "../errors.ts";
import { createLogger } from "../telemetry/log.ts";
import { readVersion } from "../version.ts";
import { analyseCommand } from "./analyse.ts";
import type { Command, DatabaseControl } from "./command.ts";
import { databaseCommand } from "./database.ts";
import { evaluateCommand } from "./evaluate.ts";
import { EXIT_CODES } from "./exit-code.ts";
import { helpPage } from "./help.ts";
import { schemasCommand } from "./schemas.ts";
import { toolCommand } from "./tool-command.ts";

const COMMANDS: readonly Command[] = [analyseCommand, evaluateCommand, schemasCommand, databaseCommand];
const READ_NAMED_FILES = [analyseCommand.name, evaluateCommand.name];

process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { kind, message } = toAppError(error);
  process.stderr.write(`hark: ${message}\n`);
  process.exitCode = EXIT_CODES[kind];
}

async function main([name = "help", ...args]: readonly string[]): Promise<number> {
  const config = grantNamedFiles(readConfig(process.env), name, args);
  const logger = createLogger(config.logLevel);
  const { services, tools, settled, close } = createApplication(config, logger);
  const version = readVersion();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const toolCommands = tools.map(toolCommand);
  if (name === "help" || name === "--help" || name === "-h") {
    print(helpPage(COMMANDS, toolCommands, version));
    return 0;
  }
  if (name === "--version" || name === "-v" || name === "version") {
    print(version);
    return 0;
  }
  const command = [...COMMANDS, ...toolCommands].find((candidate) => candidate.name === name.replaceAll("-", "_"));
  if (command === undefined)
    throw new AppError("invalid_input", `There is no command "${name}". hark help lists them.`);
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort(new AppError("cancelled", "Interrupted.")));
  process.once("SIGTERM", () => interrupt.abort(new AppError("cancelled", "Stopped.")));
  const database: DatabaseControl = {
    isExternal: config.databaseUrl !== undefined,
    status: async () => ({ ...(await (await privatePostgres()).privatePostgresStatus(config.home)) }),
    stop: async () => (await privatePostgres()).stopPrivatePostgres(config.home),
  };
  try {
    const code = await command.run(args, { services, tools, version, database, signal: interrupt.signal, print, note });
    if (!interrupt.signal.aborted) await settled();
    return code;
  } catch (error) {
    logger.debug({ err: error }, "command failed");
    throw error;
  } finally {
    await close();
  }
}

/** Imported when it is needed, as in the application. */
function privatePostgres() {
  return import("../storage/private-postgres.ts");
}

/**
 * A file that a person names at the terminal may be read, unless HARK_ROOTS says which may: the roots guard against what
 * assistants name.
 */
function grantNamedFiles(config: Config, name: string, args: readonly string[]): Config {
  if (config.rootsAreExplicit || !READ_NAMED_FILES.includes(name)) return config;
  const named = args.filter((word) => !word.startsWith("-")).flatMap((word) => [resolve(word), folderOf(word)]);
  return { ...config, roots: [...config.roots, ...named] };
}

/** The folder of a file, or the one in which a pattern starts. */
function folderOf(word: string): string {
  const [fixed = ""] = word.split(/[*?[{]/);
  return resolve(dirname(`${fixed}x`));
}
