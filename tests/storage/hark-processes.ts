/** Starts and talks to separate Hark processes. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("hark-process.ts", import.meta.url));

export interface HarkProcess {
  readonly child: ChildProcess;
  /** Resolves to "opened", or a text that begins with "failed". */
  readonly opened: Promise<string>;
  /** What the process wrote to its standard output and error. */
  readonly written: () => string;
  send(message: "ping" | "lock" | "unlock"): Promise<string>;
  /** Leaves normally; the exit code. */
  close(): Promise<number | null>;
  /** Ends by SIGKILL. */
  kill(): Promise<void>;
}

export function startHarkProcess(home: string, databaseUrl?: string): HarkProcess {
  const child = fork(SCRIPT, databaseUrl === undefined ? [home] : [home, databaseUrl], { silent: true, execArgv: [] });
  let written = "";
  const keep = (chunk: Buffer) => {
    written += chunk.toString();
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const exited = once(child, "exit");
  const nextMessage = async () => {
    const [message] = await Promise.race([once(child, "message"), exited.then(() => [`failed: ended; ${written}`])]);
    return String(message);
  };
  return {
    child,
    opened: nextMessage(),
    written: () => written,
    send(message) {
      const answer = nextMessage();
      child.send(message);
      return answer;
    },
    async close() {
      child.send("close");
      await exited;
      return child.exitCode;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
