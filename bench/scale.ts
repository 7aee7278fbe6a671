/** Cost against the length of a recording and against the size of the library. `npm run bench -- --scale`. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { rhythm } from "../src/agents/rhythm.ts";
import { percentile } from "../src/dsp/statistics.ts";
import { parametersHash } from "../src/storage/parameters-hash.ts";
import { openStorage } from "../src/storage/storage.ts";
import { INITIALIZE } from "../tests/mcp/raw-stdio.ts";
import { serverEnvironment, temporaryHome } from "../tests/mcp/temporary-home.ts";
import { peakRss, startServer, toolCall } from "./measurements.ts";
import { analyse } from "./peers.ts";
import { RECORDING_RATE, type Recording } from "./recording.ts";

const LENGTHS: readonly (readonly [string, number])[] = [
  ["10 s", 10],
  ["1 min", 60],
  ["10 min", 600],
  ["1 h", 3600],
  ["3 h", 10_800],
];
const LIBRARY_SIZES = [10, 1000, 100_000];
const FORMAT = JSON.stringify({
  container: "mp3",
  codec: "mp3",
  sampleRateHz: 44_100,
  channels: 2,
  bitDepth: null,
  bitrateBps: 192_000,
  lossless: false,
});
const CALLS = 100;
const POLL_MS = 200;

/** Prints both tables. The recording is repeated, without coding it again, to make long ones. */
export async function printScale(recording: Recording, folder: string): Promise<void> {
  console.log("| recording | hark analyse | times real time | peak memory |\n| --- | --- | --- | --- |");
  for (const [name, seconds] of LENGTHS) {
    const path = repeated(recording, folder, seconds);
    const { wallSeconds, peakMib } = await analyseFile(path);
    await rm(path);
    const memory = peakMib === null ? "unknown" : `${peakMib.toFixed(0)} MiB`;
    console.log(`| ${name} | ${wallSeconds.toFixed(2)} s | ${(seconds / wallSeconds).toFixed(0)} | ${memory} |`);
  }
  console.log("\n| tracks in the library | call | latency | peak memory of the server |\n| --- | --- | --- | --- |");
  const result = JSON.stringify(analyse("rhythm", recording.stereo, RECORDING_RATE));
  for (const size of LIBRARY_SIZES) await measureLibrary(size, result);
}

function repeated({ mp3Path, wavPath }: Recording, folder: string, seconds: number): string {
  const source = mp3Path ?? wavPath;
  const path = join(folder, `repeated${source.slice(source.lastIndexOf("."))}`);
  const args = ["-v", "error", "-y", "-stream_loop", "-1", "-i", source, "-t", `${seconds}`, "-c", "copy", path];
  if (spawnSync("ffmpeg", args).status !== 0) throw new Error("ffmpeg, which the scale needs, cannot make the file");
  return path;
}

/** `hark analyse` in a process of its own with an empty data folder; memory is that of the process, its threads included. */
async function analyseFile(path: string): Promise<{ wallSeconds: number; peakMib: number | null }> {
  await using home = await temporaryHome();
  const environment = serverEnvironment({ HARK_HOME: home.path });
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["src/cli/main.ts", "analyse", path, "--json"], {
    env: environment,
    stdio: ["ignore", "ignore", "inherit"],
  });
  let peakMib: number | null = null;
  const poll = setInterval(async () => {
    peakMib = (await peakRss(child.pid ?? 0)) ?? peakMib;
  }, POLL_MS);
  const [code] = await once(child, "exit");
  clearInterval(poll);
  if (code !== 0) throw new Error(`hark analyse ended with ${code}`);
  return { wallSeconds: (performance.now() - startedAt) / 1000, peakMib };
}

/** A library whose tracks all have this result of the rhythm agent. */
async function measureLibrary(size: number, result: string): Promise<void> {
  await using home = await temporaryHome();
  await fillLibrary(home.path, size, result);
  const server = startServer(home.path);
  await server.request(INITIALIZE);
  const middle = { track_id: trackId(Math.ceil(size / 2)) };
  const calls = [
    ["list_tracks", {}],
    ["analyse_rhythm, stored", middle],
    ["find_tracks by tempo", { min_tempo_bpm: 119, max_tempo_bpm: 121 }],
    ["find_tracks by text", { query: "song 7" }],
  ] as const;
  for (const [name, args] of calls) {
    const request = toolCall(name.split(/[ ,]/)[0] ?? name, args);
    const latency = await latencies(() => server.request(request));
    const memory = await peakRss(server.child.pid ?? 0);
    console.log(`| ${size} | ${name} | ${latency} | ${memory === null ? "unknown" : `${memory.toFixed(0)} MiB`} |`);
  }
  await server.end();
}

async function latencies(call: () => Promise<Readonly<Record<string, unknown>>>): Promise<string> {
  const times: number[] = [];
  for (let index = -10; index < CALLS; index++) {
    const startedAt = performance.now();
    const answer = await call();
    if (Object(answer.result).isError === true || answer.error !== undefined) {
      return `failed: ${JSON.stringify(answer.error ?? Object(answer.result).content).slice(0, 100)}`;
    }
    if (index >= 0) times.push(performance.now() - startedAt);
  }
  return `median ${percentile(times, 50).toFixed(1)} ms, p99 ${percentile(times, 99).toFixed(1)} ms`;
}

function trackId(index: number): string {
  return `trk_${index.toString().padStart(12, "0")}`;
}

/** Rows as adding and measuring would leave them, made in the database. */
async function fillLibrary(home: string, size: number, result: string): Promise<void> {
  const storage = await openStorage({ home });
  const { sql } = storage;
  try {
    await sql`
      insert into tracks (id, sha256, filename, path, file_stamp, size_bytes, duration_seconds, format, tags, status)
      select 'trk_' || lpad(n::text, 12, '0'), lpad(n::text, 64, '0'), 'song ' || n || '.mp3', ${home} || '/song ' || n || '.mp3',
        n::text, 5000000 + n, 180 + n % 240, ${FORMAT}::text::json, '{}', 'ready'
      from generate_series(1, ${size}) as n`;
    await sql`
      insert into analyses (track_id, agent, agent_version, parameters_hash, parameters, result, duration_ms)
      select id, 'rhythm', ${rhythm.version}, ${parametersHash({})}, '{}', ${result}::text::json, 100 from tracks`;
    await sql`
      insert into track_facts (track_id, rhythm_version, tempo_bpm, tempo_confidence)
      select id, ${rhythm.version}, 60 + size_bytes % 120, 0.9 from tracks`;
    await sql`analyze`;
  } finally {
    await storage.close();
  }
}
