/** The command line's composition root: finds the command, runs it, and turns its end into an exit code. */
import { parse } from "node:path";
import { createApplication } from "../application.ts";
import { type Config, readConfig } from "../config.ts";
import { AppError, toAppError } from "../errors.ts";
import { createLogger, currentRequestId } from "../telemetry/log.ts";
import { TOOLSETS } from "../tools/tool.ts";
import { readVersion } from "../version.ts";
import { analyseCommand } from "./analyse.ts";
import { askCommand } from "./ask.ts";
import type { Command, DatabaseControl } from "./command.ts";
import { databaseCommand } from "./database.ts";
import { evaluateCommand } from "./evaluate.ts";
import { EXIT_CODES } from "./exit-code.ts";
import { gcCommand } from "./gc.ts";
import { helpPage } from "./help.ts";
import { keysCommand } from "./keys.ts";
import { modelsCommand } from "./models.ts";
import { routesCommand } from "./routes.ts";
import { schemasCommand } from "./schemas.ts";
import { toolCommand } from "./tool-command.ts";
import { workerCommand } from "./worker.ts";

const COMMANDS: readonly Command[] = [
  analyseCommand,
  askCommand,
  evaluateCommand,
  routesCommand,
  keysCommand,
  modelsCommand,
  schemasCommand,
  databaseCommand,
  workerCommand,
  gcCommand,
];

/** Says what assistants may read, and not what a person at the terminal may. */
const SHOWS_ROOTS = "doctor";

process.exitCode = await main(process.argv.slice(2));

async function main([name = "help", ...args]: readonly string[]): Promise<number> {
  const interrupt = interruptible();
  try {
    return await runCommand(name, args, interrupt.signal);
  } catch (error) {
    if (interrupt.isPipeClosed()) return 0;
    const { kind, message } = toAppError(error);
    process.stderr.write(`hark: ${message}\n`);
    return EXIT_CODES[kind];
  }
}

async function runCommand(name: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  const config = showEverything(grantFiles(readConfig(process.env), name));
  const logger = createLogger(config.logLevel);
  const { services, apiKeys, jobs, tools, settled, close } = createApplication(config, logger, {
    // A person waits as long as it takes, and ends it with Ctrl-C.
    jobWaitMs: Number.POSITIVE_INFINITY,
    jobsEndWithCall: true,
  });
  const version = readVersion();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const commands = [...COMMANDS, ...tools.map(toolCommand)];
  const command = commands.find((candidate) => candidate.name === name.replaceAll("-", "_"));
  if (name === "--version" || name === "-v" || name === "version") {
    print(version);
    return 0;
  }
  if (name === "help" || name === "--help" || name === "-h") {
    const [topic = ""] = args;
    const asked = commands.filter((candidate) => candidate.name === topic.replaceAll("-", "_"));
    print(helpPage(asked.length > 0 ? asked : commands, version));
    return 0;
  }
  if (command === undefined) {
    throw new AppError("invalid_input", `There is no command "${name}". hark help lists them.`);
  }
  if (args.includes("--help") || args.includes("-h")) {
    print(helpPage([command], version));
    return 0;
  }
  const database: DatabaseControl = {
    isExternal: config.databaseUrl !== undefined,
    status: async () => ({ ...(await (await privatePostgres()).privatePostgresStatus(config.home)) }),
    stop: async () => (await privatePostgres()).stopPrivatePostgres(config.home),
  };
  const logFailure = (error: unknown) =>
    logger[logLevel(toAppError(error))]({ err: error, request: currentRequestId() }, "command failed");
  try {
    const code = await command.run(args, {
      services,
      tools,
      version,
      database,
      apiKeys,
      jobs,
      signal,
      print,
      note,
      logFailure,
    });
    if (!signal.aborted) await settled();
    return code;
  } catch (error) {
    logFailure(error);
    throw error;
  } finally {
    await close();
  }
}

/** What a person can mend is said in the message, which the terminal shows; faults of Hark need the log. */
function logLevel({ kind }: AppError): "error" | "info" {
  return kind === "internal" ? "error" : "info";
}

/** Ends the command in order when its terminal closes, it is stopped, or nobody reads its output any more. */
function interruptible(): { readonly signal: AbortSignal; isPipeClosed(): boolean } {
  const controller = new AbortController();
  let isPipeClosed = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => controller.abort(new AppError("cancelled", "Interrupted.")));
  }
  process.stdout.on("error", () => {
    isPipeClosed = true;
    controller.abort(new AppError("cancelled", "Nobody reads the output any more."));
  });
  return { signal: controller.signal, isPipeClosed: () => isPipeClosed };
}

/** Imported when it is needed, as in the application. */
function privatePostgres() {
  return import("../storage/private-postgres.ts");
}

/** Tool sets spare conversations tokens, and there is none here. */
function showEverything(config: Config): Config {
  return { ...config, toolsets: config.toolsets ?? TOOLSETS };
}

/** A person at the terminal may read any file, unless HARK_ROOTS says which: the roots guard against what assistants name. */
function grantFiles(config: Config, name: string): Config {
  if (config.rootsAreExplicit || name === SHOWS_ROOTS) return config;
  return { ...config, roots: [parse(process.cwd()).root] };
}
