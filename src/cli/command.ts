/** The contract of a command: what follows `hark`. */
import type { ApiKeys } from "../auth/api-keys.ts";
import type { JobService } from "../jobs/job-service.ts";
import type { Services, Tool } from "../tools/tool.ts";

/** The private database from outside, without using it. */
export interface DatabaseControl {
  /** Whether Hark uses the database at DATABASE_URL instead. */
  readonly isExternal: boolean;
  /** What there is to know of it, by name. */
  status(): Promise<Readonly<Record<string, unknown>>>;
  /** Stops it, whoever uses it; false when it was not running. */
  stop(): Promise<boolean>;
}

export interface CommandContext {
  readonly services: Services;
  readonly tools: readonly Tool[];
  readonly version: string;
  readonly database: DatabaseControl;
  readonly apiKeys: ApiKeys;
  /** Of all owners. */
  readonly jobs: JobService;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Standard output and standard error, line by line. */
  readonly print: (line: string) => void;
  readonly note: (line: string) => void;
  /** Writes to the log what a message does not hold. */
  readonly logFailure: (error: unknown) => void;
}

export interface Command {
  readonly name: string;
  /** As the help shows it, without `hark`. */
  readonly usage: string;
  readonly summary: string;
  /** Runs with the words after the command's name and resolves with the exit code. @throws AppError. */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}
