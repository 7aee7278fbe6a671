/** Many Hark processes on one data folder, and processes that die: nothing is lost, nothing is done twice. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AGENTS } from "../../src/agents/registry.ts";
import { openStorage } from "../../src/storage/storage.ts";
import { harkEnvironment, runHark } from "../cli/run-hark.ts";
import { noise } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { temporaryHome } from "../storage/temporary-home.ts";

const SERVER = fileURLToPath(new URL("../../src/server.ts", import.meta.url));
const RATE = 44_100;
const PROCESSES = 10;
const KILLS = 20;

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "hark-many-")));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeNoise(name: string, seconds: number, seed: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, wavFile([noise(seconds * RATE, seed)], RATE));
  return path;
}

test("ten processes started at once on an empty folder add the same file: one track, one live analysis per agent", async () => {
  const home = await temporaryHome();
  const path = await writeNoise("shared.wav", 5, 1);
  const environment = { HARK_LOG_LEVEL: "debug" };
  const runs = await Promise.all(
    Array.from({ length: PROCESSES }, () => runHark(["analyse", path, "--json"], { home, environment })),
  );
  for (const { code, stderr } of runs) expect(code, stderr).toBe(0);
  const reports = runs.map(({ stdout }) => JSON.parse(stdout));
  expect(new Set(reports.map((report) => report.track.track_id)).size).toBe(1);
  for (const agent of AGENTS) {
    const measured = reports.filter((report) => report[agent.name].provenance.cached === false);
    expect(measured, agent.name).toHaveLength(1);
  }
  const decodes = runs.filter(({ stderr }) => stderr.includes("decoded and extracted"));
  expect(decodes).toHaveLength(1);
  const storage = await openStorage({ home });
  const { total } = await storage.tracksOf("local").list({ limit: 10 });
  await storage.close();
  expect(total).toBe(1);
}, 120_000);

test("a server killed in the middle of analysing, again and again, leaves whole rows and a folder that works", async () => {
  const home = await temporaryHome();
  const storage = await openStorage({ home });
  const kept = await writeNoise("kept.wav", 2, 2);
  const added = await runHark(["analyse", kept, "--json"], { home });
  const { track } = JSON.parse(added.stdout);
  const before = await storage.analyses.listForTrack(track.track_id);
  expect(before).toHaveLength(AGENTS.length);

  for (let kill = 0; kill < KILLS; kill++) {
    const path = await writeNoise(`killed-${kill}.wav`, 20, 100 + kill);
    await killWhileAnalysing(home, path, 60 * kill);
  }

  expect(await storage.analyses.listForTrack(track.track_id)).toEqual(before);
  const { items } = await storage.tracksOf("local").list({ limit: 50 });
  expect(items.length).toBeGreaterThan(1);
  for (const item of items) {
    for (const row of await storage.analyses.listForTrack(item.id)) {
      const agent = AGENTS.find((candidate) => candidate.name === row.agent);
      expect(agent?.output.safeParse(row.result).error).toBeUndefined();
    }
  }
  await storage.close();
  const again = await runHark(["analyse", join(folder, `killed-${KILLS - 1}.wav`), "--json"], { home });
  expect(again.code, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout).track.status).toBe("ready");
}, 240_000);

/** Starts a server, has it analyse, and kills it some time after it has begun to work. */
async function killWhileAnalysing(home: string, path: string, afterMs: number): Promise<void> {
  const env = harkEnvironment(home, { HARK_ROOTS: folder, HARK_LOG_LEVEL: "debug" });
  const child = spawn(process.execPath, [SERVER], { env, stdio: ["pipe", "pipe", "ignore"] });
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  send({ id: 1, method: "initialize", params: initialize });
  await once(child.stdout, "data");
  send({ method: "notifications/initialized" });
  send({
    id: 2,
    method: "tools/call",
    params: { name: "analyse_rhythm", arguments: { track_id: path }, _meta: { progressToken: 1 } },
  });
  await once(child.stdout, "data");
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  await once(child, "close");
}
