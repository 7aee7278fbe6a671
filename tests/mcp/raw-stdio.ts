/** A server over stdio without a client library: lines in, lines out. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { z } from "zod";
import { serverEnvironment } from "./temporary-home.ts";

const messageSchema = z.looseObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.number(), z.string(), z.null()]).optional(),
});

type Message = z.output<typeof messageSchema>;

/** The first request of the protocol versions of 2025. */
export const INITIALIZE = {
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1.0.0" } },
};

export interface RawServer {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** All lines so far, not parsed. */
  readonly lines: readonly string[];
  write(text: string): void;
  /** Sends a request and resolves with the answer of its id. @throws Error when the server ends instead. */
  request(request: Readonly<Record<string, unknown>>): Promise<Message>;
  /** Closes the server's standard input; its exit code. */
  end(): Promise<number | null>;
}

/** Starts a command as an MCP client does. */
export function startRaw(
  command: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): RawServer {
  const child = spawn(command, args, { env: serverEnvironment(settings), stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines: string[] = [];
  const waiting = new Map<unknown, (message: Message) => void>();
  let lastId = 0;
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    const message = messageSchema.safeParse(parsed(line));
    if (message.success) waiting.get(message.data.id)?.(message.data);
  });
  const write = (text: string) => void child.stdin.write(text);
  return {
    child,
    lines,
    write,
    async request(request) {
      lastId += 1;
      const answer = Promise.withResolvers<Message>();
      waiting.set(lastId, answer.resolve);
      write(`${JSON.stringify({ jsonrpc: "2.0", id: lastId, ...request })}\n`);
      const ended = exited.then(() => Promise.reject(new Error("the server ended before it answered")));
      return Promise.race([answer.promise, ended]);
    },
    async end() {
      child.stdin.end();
      await exited;
      return child.exitCode;
    },
  };
}

/** Whether a line is one message of the protocol. */
export function isMessage(line: string): boolean {
  return messageSchema.safeParse(parsed(line)).success;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
