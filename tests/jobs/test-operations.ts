/** Small operations that behave and misbehave, for tests of what runs them. The module is loaded by the operations' process too. */
import { spawn } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AppError } from "../../src/errors.ts";
import { defineOperation, type OperationContext, type SourceFile } from "../../src/processing/operation.ts";

const STEP_MS = 50;

/** Copies the source, slowly; appends its process id to `log` when it begins and when it is done. */
export const copySlowly = defineOperation({
  name: "copy_slowly",
  title: "Copy slowly",
  description: "Copies a recording.",
  version: 1,
  input: z.object({
    seconds: z.number().default(0),
    log: z.string().optional(),
    filename: z.string().default("copy.wav"),
    copies: z.int().default(1),
    mark: z.string().default(""),
    /** Length of a word in the result. */
    words: z.int().default(0),
  }),
  output: z.object({ bytes: z.number(), word: z.string() }),

  async run(source, { seconds, log, filename, copies, mark, words }, { folder, signal, progress }) {
    if (log !== undefined) await writeFile(log, `began ${process.pid} ${mark}\n`, { flag: "a" });
    const steps = Math.max(1, Math.round((seconds * 1000) / STEP_MS));
    for (let step = 0; step < steps; step++) {
      await writeFile(join(folder, "part"), "unfinished");
      await sleep(seconds === 0 ? 0 : STEP_MS, undefined, { signal });
      progress((step + 1) / steps, `step ${step + 1} of ${steps}`);
    }
    const files = await Promise.all(
      Array.from({ length: copies }, (_, copy) => copyOf(source, folder, copy, filename)),
    );
    const { length } = await readFile(source.path);
    if (log !== undefined) await writeFile(log, `done ${process.pid} ${mark}\n`, { flag: "a" });
    return { value: { bytes: length, word: "w".repeat(words) }, files };
  },
});

async function copyOf(source: SourceFile, folder: string, copy: number, filename: string) {
  const path = join(folder, `copy-${copy}`);
  await copyFile(source.path, path);
  await writeFile(path, String(copy), { flag: "a" });
  return { role: `copy_${copy}`, path, filename, mimeType: "audio/wav" };
}

/** Fails so many times, then succeeds; `state` counts. */
export const failTimes = defineOperation({
  name: "fail_times",
  title: "Fail",
  description: "Fails for a while.",
  version: 1,
  input: z.object({
    state: z.string(),
    times: z.int(),
    kind: z.enum(["upstream", "invalid_input", "bug", "exit", "full"]),
  }),
  output: z.object({ runs: z.number() }),

  async run(_source, { state, times, kind }) {
    const before = Number(await readFile(state, "utf8").catch(() => "0"));
    await writeFile(state, String(before + 1));
    if (before < times) fail(kind);
    return { value: { runs: before + 1 }, files: [] };
  },
});

function fail(kind: "upstream" | "invalid_input" | "bug" | "exit" | "full"): never {
  if (kind === "exit") process.kill(process.pid, "SIGKILL");
  if (kind === "full") throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  if (kind === "bug") throw new TypeError("a secret of the program");
  throw new AppError(kind === "exit" ? "internal" : kind, "It was to fail.");
}

/** Keeps its process busy without a pause, as a network does, with a subprocess beside it; `pids` names both. */
export const burn = defineOperation({
  name: "burn",
  title: "Burn",
  description: "Computes.",
  version: 1,
  input: z.object({ seconds: z.number(), pids: z.string() }),
  output: z.object({}),

  async run(_source, { seconds, pids }) {
    const beside = spawn("sleep", ["600"], { stdio: "ignore" });
    await writeFile(pids, `${process.pid} ${beside.pid}`);
    const end = performance.now() + seconds * 1000;
    let sum = 0;
    while (performance.now() < end) sum += Math.sqrt(sum + 1);
    beside.kill();
    return { value: {}, files: [] };
  },
});

/** Names a file that is not in its folder. */
export const nameForeignFile = defineOperation({
  name: "name_foreign_file",
  title: "Escape",
  description: "Names a file elsewhere.",
  version: 1,
  input: z.object({}),
  output: z.object({}),

  async run(source: SourceFile, _parameters: object, _context: OperationContext) {
    return { value: {}, files: [{ role: "all", path: source.path, filename: "a", mimeType: "audio/wav" }] };
  },
});

export const OPERATIONS = [copySlowly, failTimes, burn, nameForeignFile];
