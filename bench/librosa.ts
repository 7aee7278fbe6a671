/** librosa in a process of its own, told what to run and timed inside. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { env } from "node:process";
import { createInterface } from "node:readline";
import { z } from "zod";

const SCRIPT = join(import.meta.dirname, "librosa_reference.py");
const PYTHON = env.PYTHON ?? "python3";
export const LIBROSA_MISSING = "librosa is not installed: pip install librosa==0.11.0";

export type LibrosaTask = "spectral" | "rhythm" | "tonal" | "pitch" | "everything";

export interface Librosa extends AsyncDisposable {
  readonly versions: string;
  /** Milliseconds of one run. */
  time(task: LibrosaTask): Promise<number>;
}

/** Starts librosa on a recording and waits until it is warm; null where it is not installed. PYTHON names another Python. */
export async function startLibrosa(path: string): Promise<Librosa | null> {
  if (spawnSync(PYTHON, ["-c", "import librosa"]).status !== 0) return null;
  const child = spawn(PYTHON, [SCRIPT, path], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${SCRIPT} ended without an answer; its error is above`);
    return JSON.parse(value);
  };
  const { ready } = z.object({ ready: z.string() }).parse(await answer());
  return {
    versions: ready,
    async time(task) {
      child.stdin.write(`${task}\n`);
      return z.object({ ms: z.number() }).parse(await answer()).ms;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
