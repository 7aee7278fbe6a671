/** Measures what users wait for and prints a table with the targets. Writes nothing. `npm run bench`; see README.md here. */
import { availableParallelism } from "node:os";
import { percentile } from "../src/dsp/statistics.ts";
import { analysisOverStdio, cachedOverHttp, startUp } from "./measurements.ts";

const STARTS = 10;
const CALLS = 300;
const RECORDING_SECONDS = 240;
const ANALYSES = 3;

console.log(`Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores\n`);
console.log("| measurement | result | target |\n| --- | --- | --- |");

for (const era of ["2025", "2026"] as const) {
  const starts: Awaited<ReturnType<typeof startUp>>[] = [];
  for (let run = 0; run < STARTS; run++) starts.push(await startUp(era));
  const times = starts.map((start) => start.ms);
  row(`start to the answer of tools/list, stdio, protocol ${era}`, `${quantiles(times, 90)}`, "median 500 ms");
  row(`result of tools/list, protocol ${era}`, `${starts[0]?.listCharacters} characters`, "12,000");
}

const analyses: Awaited<ReturnType<typeof analysisOverStdio>>[] = [];
for (let run = 0; run < ANALYSES; run++) analyses.push(await analysisOverStdio(RECORDING_SECONDS, CALLS));
const seconds = percentile(
  analyses.map((analysis) => analysis.seconds),
  50,
);
const rss = analyses.map((analysis) => analysis.peakRssMib ?? Number.NaN);
const overStdio = analyses.flatMap((analysis) => analysis.cachedMs);
row(
  `first analyse_rhythm of a ${RECORDING_SECONDS / 60}-minute stereo WAV, median of ${ANALYSES}`,
  `${seconds.toFixed(2)} s, ${(RECORDING_SECONDS / seconds).toFixed(0)} times real time`,
  "",
);
row("peak memory of the server meanwhile", `${Math.max(...rss).toFixed(0)} MiB`, "");
row("stored analyse_rhythm, stdio, protocol 2025", quantiles(overStdio, 99), "median 5 ms");
row("stored analyse_rhythm, HTTP, protocol 2026", quantiles(await cachedOverHttp(ANALYSES * CALLS), 99), "median 8 ms");

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

function quantiles(milliseconds: readonly number[], upper: number): string {
  const at = (percent: number) => percentile(milliseconds, percent).toFixed(1);
  return `median ${at(50)} ms, p${upper} ${at(upper)} ms (${milliseconds.length} runs)`;
}
