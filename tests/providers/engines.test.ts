/** Analyses by engines through the real pass: threads, processes, database. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { AGENTS, findAgent } from "../../src/agents/registry.ts";
import { BUILTIN, type EngineChooser, openEngineChooser } from "../../src/engines/engine-choice.ts";
import { openModelLibrary } from "../../src/models/model-library.ts";
import { CacheFirstProvider } from "../../src/providers/cache-first.ts";
import { cachedProvider } from "../../src/providers/cached.ts";
import { liveProvider } from "../../src/providers/live.ts";
import type { ProviderCall } from "../../src/providers/provider.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { beatNetwork } from "../engines/beat-network.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { addManifest, newFolder } from "../models/small-model.ts";
import { hasReal, realModels, realNote } from "../processing/real-models.ts";
import { openAnalysisBench } from "./analysis-bench.ts";

const bench = await openAnalysisBench();
const rhythm = findAgent("rhythm");
const speechActivity = findAgent("speech_activity");
const call = (signal = new AbortController().signal): ProviderCall => ({ signal, progress: () => {} });
let nextHz = 500;

async function newTrack(seconds = 3) {
  nextHz += 1;
  const path = await bench.writeSine(`engine${nextHz}.wav`, nextHz, seconds);
  return bench.library.resolve(path, new AbortController().signal);
}

/** A library with one model, whose file has the hash that its manifest says, whatever it holds. */
function libraryWith(content: Buffer, names: { readonly id: string; readonly task: string; readonly engine: string }) {
  const folder = newFolder();
  const sha256 = createHash("sha256").update(content).digest("hex");
  const files = [{ role: "all", name: "network.onnx", bytes: content.length, sha256, url: null }];
  addManifest(folder, null, { ...names, name: names.id, files });
  writeFileSync(join(folder, "network.onnx"), content);
  return openModelLibrary({ manifestFolders: [folder], modelsFolder: folder, licences: new Set(["permissive"]) });
}

function cacheFirst(engines: EngineChooser): CacheFirstProvider {
  const logger = pino({ level: "silent" });
  return new CacheFirstProvider({
    storage: async () => bench.storage,
    runPass: bench.runPass,
    defaultAgents: [],
    engines,
    logger,
  });
}

const beatModels = () => libraryWith(beatNetwork(), { id: "beat-this", task: "rhythm", engine: "beat_this" });
const garbage = () =>
  libraryWith(Buffer.alloc(5000, "no network"), { id: "silero-vad", task: "detect_speech", engine: "silero" });

describe.skipIf(!hasOnnxRuntime)(`analyses by engines${onnxNote}`, () => {
  test("another engine is another row, and neither replaces the other", async () => {
    const track = await newTrack();
    const provider = cacheFirst(openEngineChooser(beatModels()));
    const own = await provider.analyse({ track, agent: rhythm, parameters: {} }, call());
    const other = await provider.analyse({ track, agent: rhythm, parameters: {}, engine: "beat_this" }, call());
    expect(own).toMatchObject({ cached: false, source: { engine: BUILTIN, model: null } });
    expect(other).toMatchObject({ cached: false, source: { engine: "beat_this", model: { id: "beat-this" } } });
    expect(other.result.why_uncertain).toContain("not calibrated");
    for (const [engine, first] of [
      [undefined, own],
      ["builtin", own],
      ["beat_this", other],
    ] as const) {
      const again = await provider.analyse({ track, agent: rhythm, parameters: {}, engine }, call());
      expect(again).toMatchObject({ cached: true, result: first.result, source: first.source });
    }
    const rows = await bench.storage.analyses.listForTrack(track.id);
    expect(rows.map(({ source }) => source).sort()).toEqual([
      expect.stringMatching(/^beat_this beat-this [0-9a-f]{12}$/),
      BUILTIN,
    ]);
  });

  test("searches read what Hark itself measured", async () => {
    const track = await newTrack();
    const provider = cacheFirst(openEngineChooser(beatModels()));
    await provider.analyse({ track, agent: rhythm, parameters: {}, engine: "beat_this" }, call());
    const versions = { rhythm: rhythm.version, tonal: 1, loudness: 1, timbre: 1 };
    const search = () =>
      bench.storage.search("local", { versions, tempoOctaves: false, order: "tempo", limit: 100, offset: 0 });
    const before = (await search()).measured.rhythm ?? 0;
    await provider.analyse({ track, agent: rhythm, parameters: {} }, call());
    expect((await search()).measured.rhythm).toBe(before + 1);
  });

  test("where auto's engine fails, Hark's own takes its place, is stored as its own, and the answer says so", async () => {
    for (const create of [cacheFirst, (engines: EngineChooser) => liveProvider(bench.runPass, engines)]) {
      const track = await newTrack();
      const provider = create(openEngineChooser(garbage()));
      const request = { track, agent: speechActivity, parameters: {} };
      const first = await provider.analyse(request, call());
      expect(first.source).toMatchObject({ engine: BUILTIN, notes: [expect.stringContaining("silero-vad failed")] });
      const second = await provider.analyse(request, call());
      expect(second.source).toMatchObject({ engine: BUILTIN, notes: [expect.stringContaining("ten minutes")] });
      expect(second).toMatchObject({ cached: provider.name === "cache-first", result: first.result });
      await expect(provider.analyse({ ...request, engine: "silero" }, call())).rejects.toMatchObject({
        kind: "internal",
        message: expect.stringContaining("damaged"),
      });
      await provider.settled();
    }
  });

  test("what is read only falls back on what Hark measured", async () => {
    const track = await newTrack();
    const engines = openEngineChooser(garbage());
    const request = { track, agent: speechActivity, parameters: {} };
    const cached = cachedProvider(async () => bench.storage, engines);
    await expect(cached.analyse(request, call())).rejects.toMatchObject({ kind: "not_found" });
    const own = await cacheFirst(engines).analyse({ ...request, engine: BUILTIN }, call());
    const read = await cached.analyse(request, call());
    expect(read).toMatchObject({ result: own.result, source: { notes: [expect.stringContaining("Hark's own")] } });
    await expect(cached.analyse({ ...request, engine: "silero" }, call())).rejects.toMatchObject({ kind: "not_found" });
  });
});

const WEIGHTS = "silero_vad.onnx";

describe.skipIf(ffmpeg === null || !hasOnnxRuntime || !hasReal(WEIGHTS))(
  `with real weights${ffmpegNote}${onnxNote}${realNote(WEIGHTS)}`,
  () => {
    const engines = openEngineChooser(realModels);

    test("auto measures speech by Silero in the pass that measures everything else", async () => {
      const track = await newTrack();
      bench.passes.length = 0;
      const logger = pino({ level: "silent" });
      const { storage, runPass } = bench;
      const all = { storage: async () => storage, runPass, defaultAgents: AGENTS, engines, logger };
      const provider = new CacheFirstProvider(all);
      const analysis = await provider.analyse({ track, agent: speechActivity, parameters: {} }, call());
      await provider.settled();
      expect(analysis.source).toMatchObject({ engine: "silero", model: { id: "silero-vad", licence: "MIT" } });
      expect(bench.passes).toHaveLength(1);
      expect(bench.passes[0]).toHaveLength(AGENTS.length);
      expect((await provider.analyse({ track, agent: speechActivity, parameters: {} }, call())).cached).toBe(true);
    });

    test.skipIf(process.platform !== "linux")("a cancelled analysis leaves no process behind", async () => {
      const track = await newTrack(1200);
      const stopping = new AbortController();
      const before = inferenceProcesses();
      const provider = liveProvider(bench.runPass, engines);
      const request = { track, agent: findAgent("pitch"), parameters: {}, engine: "swift_f0" };
      const running = provider.analyse(request, call(stopping.signal));
      const refused = expect(running).rejects.toMatchObject({ kind: "cancelled" });
      await expect.poll(inferenceProcesses, { timeout: 15_000 }).toBeGreaterThan(before);
      stopping.abort();
      await refused;
      await expect.poll(inferenceProcesses, { timeout: 5000 }).toBe(before);
      await provider.close();
    });
  },
);

/** How many this process has. */
function inferenceProcesses(): number {
  const children = readdirSync("/proc/self/task").flatMap((thread) =>
    read(`/proc/self/task/${thread}/children`).split(" "),
  );
  return children.filter((pid) => read(`/proc/${pid}/cmdline`).includes("inference-process")).length;
}

/** Empty where a thread or a process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
