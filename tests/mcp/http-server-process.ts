/** Servers over HTTP as processes of their own, on free ports. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { serverEnvironment } from "./temporary-home.ts";

const STOP_LIMIT_MS = 15_000;

export interface HttpServerProcess extends AsyncDisposable {
  /** Of the MCP endpoint. */
  readonly url: string;
  readonly pid: number;
  /** Ends it as a terminal or a service manager would; its exit code, null when it had to be killed. */
  close(): Promise<number | null>;
}

/**
 * Starts `node <args>` and waits until it says on standard error where it listens.
 * @throws Error with what it said when it ends instead.
 */
export async function startHttpServer(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<HttpServerProcess> {
  const env = serverEnvironment({ ...settings, HARK_PORT: "0" });
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  const said: string[] = [];
  const url = Promise.withResolvers<string>();
  createInterface(child.stderr).on("line", (line) => {
    said.push(line);
    const found = /\(MCP at (\S+)\)/.exec(line)?.[1];
    if (found !== undefined) url.resolve(found);
  });
  exited.then(() => url.reject(new Error(`The server ended before it listened:\n${said.join("\n")}`)));
  const close = async () => {
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    await exited;
    clearTimeout(kill);
    return child.exitCode;
  };
  return {
    url: await url.promise,
    pid: child.pid ?? 0,
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}
