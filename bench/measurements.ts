/** What bench/run.ts measures of servers: real servers, started as processes, spoken to in plain JSON-RPC. */
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AGENTS } from "../src/agents/registry.ts";
import { startHttpServer } from "../tests/mcp/http-server-process.ts";
import { INITIALIZE, type RawServer, startRaw } from "../tests/mcp/raw-stdio.ts";
import { temporaryHome } from "../tests/mcp/temporary-home.ts";
import { stereoFile } from "../tests/mcp/test-audio.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** The `_meta` that every request of protocol 2026-07-28 carries. */
const MODERN_META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

const WARM_UP_CALLS = 30;

/** Milliseconds from starting the process to its answer to `tools/list`, and that answer's size in characters. */
export async function startUp(era: "2025" | "2026"): Promise<{ ms: number; listCharacters: number }> {
  await using home = await temporaryHome();
  const startedAt = performance.now();
  const server = startServer(home.path);
  if (era === "2025") await server.request(INITIALIZE);
  const list = await server.request({ method: "tools/list", params: era === "2025" ? {} : { _meta: MODERN_META } });
  const ms = performance.now() - startedAt;
  await server.end();
  const touched = await readdir(home.path);
  if (touched.length > 0) throw new Error(`starting has touched the data folder: ${touched.join(", ")}`);
  return { ms, listCharacters: JSON.stringify(list.result).length };
}

export interface Analysis {
  /** Until the answer to the first question about a recording. */
  readonly seconds: number;
  /** Until every default agent's answer is stored. */
  readonly allSeconds: number;
  /** The server's largest resident set, MiB; null where the system does not tell. */
  readonly peakRssMib: number | null;
  /** Milliseconds of each call that reads the stored answer. */
  readonly cachedMs: readonly number[];
}

/** Measures a recording once over stdio and then asks `calls` times for the stored answer. */
export async function analysisOverStdio(source: string, calls: number): Promise<Analysis> {
  await using home = await temporaryHome();
  const path = join(home.path, basename(source));
  await copyFile(source, path);
  const server = startServer(home.path);
  await server.request(INITIALIZE);
  // The database starts with the first call that needs it, whatever that is.
  await server.request(toolCall("list_tracks", {}));
  const startedAt = performance.now();
  const first = await server.request(toolCall("analyse_rhythm", { track_id: path }));
  const seconds = (performance.now() - startedAt) / 1000;
  const rest = AGENTS.map((agent) => server.request(toolCall(`analyse_${agent.name}`, { track_id: trackIdOf(first) })));
  for (const answer of await Promise.all(rest)) trackIdOf(answer);
  const allSeconds = (performance.now() - startedAt) / 1000;
  const request = toolCall("analyse_rhythm", { track_id: trackIdOf(first) });
  const cachedMs = await timed(calls, () => server.request(request));
  const peakRssMib = await peakRss(server.child.pid ?? 0);
  await server.end();
  return { seconds, allSeconds, peakRssMib, cachedMs };
}

/** Milliseconds of each call over HTTP (protocol 2026-07-28, one connection kept open) that reads a stored answer. */
export async function cachedOverHttp(calls: number): Promise<readonly number[]> {
  await using home = await temporaryHome();
  const path = join(home.path, "recording.wav");
  await writeFile(path, stereoFile(20));
  await using server = await startHttpServer(["src/server.ts", "--http"], settings(home.path));
  const post = async (name: string, args: JsonObject): Promise<JsonObject> => {
    const { method, params } = toolCall(name, args);
    const response = await fetch(server.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
        "mcp-name": name,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: MODERN_META } }),
    });
    return Object(await response.json());
  };
  const track_id = trackIdOf(await post("analyse_rhythm", { track_id: path }));
  // Awaited here: the server ends with this function.
  return await timed(calls, () => post("analyse_rhythm", { track_id }));
}

/** The server over stdio, with a data folder that is also the only folder it may read. */
export function startServer(home: string): RawServer {
  return startRaw(process.execPath, ["src/server.ts"], settings(home));
}

function settings(home: string): Record<string, string> {
  return { HARK_HOME: home, HARK_ROOTS: home };
}

/** A call of a tool, as a request. */
export function toolCall(name: string, args: JsonObject) {
  return { method: "tools/call", params: { name, arguments: args } };
}

function trackIdOf(answer: JsonObject): string {
  const { structuredContent } = Object(answer.result);
  if (structuredContent === undefined) throw new Error(`the call failed: ${JSON.stringify(answer)}`);
  return String(structuredContent.track_id);
}

/** Milliseconds of each call, one after the other, after some that are not counted; every answer must be a stored one. */
async function timed(calls: number, call: () => Promise<JsonObject>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = -WARM_UP_CALLS; index < calls; index++) {
    const startedAt = performance.now();
    const { result } = await call();
    const ms = performance.now() - startedAt;
    if (Object(result).structuredContent?.provenance?.cached !== true) throw new Error("the answer was not stored");
    if (index >= 0) times.push(ms);
  }
  return times;
}

/** The largest resident set of a process so far, MiB; null where the system does not tell. */
export async function peakRss(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kib = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}
