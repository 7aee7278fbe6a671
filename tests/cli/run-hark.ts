/** Runs Hark's command line as a process of its own. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface HarkRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HarkRunOptions {
  readonly home: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: Buffer;
  readonly cwd?: string;
  /** Closes the reading end of its standard output at once. */
  readonly closeOutput?: boolean;
}

/** The environment of a Hark process in tests: nothing of the caller's settings. */
export function harkEnvironment(
  home: string,
  environment: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(HARK_|DATABASE_URL$|FFMPEG_PATH$|NODE_OPTIONS$|VITEST)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited.map(([name, value]) => [name, value ?? ""])),
    HARK_HOME: home,
    NO_COLOR: "1",
    ...environment,
  };
}

export async function runHark(
  args: readonly string[],
  { home, environment, input, cwd, closeOutput }: HarkRunOptions,
): Promise<HarkRun> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: harkEnvironment(home, environment), cwd });
  const ended = Promise.withResolvers<number | null>();
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  if (closeOutput === true) child.stdout.destroy();
  child.once("close", ended.resolve);
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return { code: await ended.promise, stdout, stderr };
}
