/** Speed and memory of separation without a model, on one core. `npm run bench -- --stems`. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Recording } from "./recording.ts";

const HOUR_SECONDS = 3600;
const RUNS = 3;

const resultSchema = z.object({
  audioSeconds: z.number(),
  wallSeconds: z.number(),
  cpuSeconds: z.number(),
  peakMib: z.number(),
});

/** Prints the table. Where there is `taskset`, Hark and FFmpeg share one core. */
export function printSeparation({ wavPath }: Recording, folder: string): void {
  const hasTaskset = spawnSync("taskset", ["-V"]).status === 0;
  const where = hasTaskset ? "one core" : "every core: no taskset here";
  console.log(
    `| separate_stems, classic, ${where} | times real time | times real time of CPU, FFmpeg not counted | peak memory |`,
  );
  console.log("| --- | --- | --- | --- |");
  for (let run = 0; run < RUNS; run++) printRow("4 minutes", separate(wavPath, folder, hasTaskset));
  const hour = join(folder, "hour.wav");
  const args = ["-v", "error", "-y", "-stream_loop", "-1", "-i", wavPath, "-t", `${HOUR_SECONDS}`, "-c", "copy", hour];
  if (spawnSync("ffmpeg", args).status !== 0) throw new Error("ffmpeg cannot make the long recording");
  printRow("1 hour", separate(hour, folder, hasTaskset));
}

function separate(path: string, folder: string, oneCore: boolean): z.output<typeof resultSchema> {
  const outputs = mkdtempSync(join(folder, "stems-"));
  try {
    const node = [process.execPath, "bench/separation-process.ts", path, outputs];
    const [command, ...args] = oneCore ? ["taskset", "-c", "0", ...node] : node;
    const { stdout, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`separating failed: ${stderr}`);
    return resultSchema.parse(JSON.parse(stdout));
  } finally {
    rmSync(outputs, { recursive: true, force: true });
  }
}

function printRow(name: string, { audioSeconds, wallSeconds, cpuSeconds, peakMib }: z.output<typeof resultSchema>) {
  const speed = [wallSeconds, cpuSeconds].map((seconds) => (audioSeconds / seconds).toFixed(1));
  console.log(`| ${name} | ${speed.join(" | ")} | ${peakMib.toFixed(0)} MiB |`);
}
