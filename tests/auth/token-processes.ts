/** Separate processes that all ask for the same key's requests or the same bucket's tokens at once. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RateLimit } from "../../src/auth/rate-limits.ts";

const SCRIPT = fileURLToPath(new URL("token-process.ts", import.meta.url));

export type TokenWork =
  | { readonly kind: "key"; readonly key: string; readonly times: number }
  | { readonly kind: "bucket"; readonly bucket: string; readonly limit: RateLimit; readonly times: number };

export interface TokenProcesses extends AsyncDisposable {
  /** Has each process ask so many times, all at once: how often each was granted. */
  run(work: TokenWork): Promise<number[]>;
}

export async function startTokenProcesses(
  count: number,
  { home, databaseUrl }: { readonly home: string; readonly databaseUrl: string },
): Promise<TokenProcesses> {
  const children = Array.from({ length: count }, () => fork(SCRIPT, [home, databaseUrl], { execArgv: [] }));
  await Promise.all(children.map((child) => answerOf(child)));
  return {
    run: (work) =>
      Promise.all(
        children.map((child) => {
          const answer = answerOf(child);
          child.send(work);
          return answer.then(Number);
        }),
      ),
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        child.send({ kind: "end" });
        if (child.exitCode === null) await once(child, "exit");
      }
    },
  };
}

/** The next message. @throws Error when the process ends instead. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit").then(() => {
    throw new Error("the process has ended");
  });
  ended.catch(() => {});
  const [message] = await Promise.race([once(child, "message"), ended]);
  return message;
}
