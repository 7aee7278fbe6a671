/** The contract that every provider keeps, and what each adds to it. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Agent } from "../../src/agents/agent.ts";
import { AGENTS, findAgent } from "../../src/agents/registry.ts";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { builtinChoice } from "../../src/engines/engine-choice.ts";
import { AppError } from "../../src/errors.ts";
import { CacheFirstProvider } from "../../src/providers/cache-first.ts";
import { cachedProvider } from "../../src/providers/cached.ts";
import { liveProvider } from "../../src/providers/live.ts";
import type { AnalysisRequest, Provider, ProviderCall } from "../../src/providers/provider.ts";
import { analysisKey } from "../../src/providers/stored-analysis.ts";
import type { Track } from "../../src/storage/track-repository.ts";
import { wavFile } from "../fixtures/wav.ts";
import { openAnalysisBench } from "./analysis-bench.ts";

const temporal = findAgent("temporal");
const spectral = findAgent("spectral");
const rhythm = findAgent("rhythm");
const NAMES = AGENTS.map((agent) => agent.name);

const bench = await openAnalysisBench();
const ffmpeg = await findFfmpeg(null);
let nextHz = 200;

beforeEach(() => {
  bench.passes.length = 0;
});

/** A track that nobody has measured. */
async function newTrack(seconds = 2): Promise<Track> {
  nextHz += 1;
  const path = await bench.writeSine(`${nextHz}.wav`, nextHz, seconds);
  return bench.library.resolve(path, new AbortController().signal);
}

/** A track whose file is gone. */
async function brokenTrack(): Promise<Track> {
  const track = await newTrack();
  await bench.storage.tracksOf("local").updateLocation(track.id, join(bench.folder, "gone.wav"), "gone");
  return bench.library.get(track.id);
}

function call(signal = new AbortController().signal, progress: ProviderCall["progress"] = () => {}): ProviderCall {
  return { signal, progress };
}

const request = (track: Track, agent: Agent = temporal, parameters = {}): AnalysisRequest => ({
  track,
  agent,
  parameters,
});

function cacheFirst(): CacheFirstProvider {
  const { storage, runPass } = bench;
  return new CacheFirstProvider({
    storage: async () => storage,
    runPass,
    defaultAgents: AGENTS,
    logger: pino({ level: "silent" }),
  });
}

const providers: readonly [string, () => Provider][] = [
  ["cached", () => cachedProvider(async () => bench.storage)],
  ["live", () => liveProvider(bench.runPass)],
  ["cache-first", cacheFirst],
];

describe.each(providers)("the %s provider", (name, create) => {
  test("gives the same result for the same track", async () => {
    const track = await newTrack();
    const filler = cacheFirst();
    const stored = await filler.analyse(request(track), call());
    await filler.settled();
    const given = await create().analyse(request(track), call());
    expect(given.result).toEqual(stored.result);
    expect(given.result.duration_seconds).toBe(2);
    expect(given.cached).toBe(name !== "live");
    expect(given.createdAt).toBeInstanceOf(Date);
    expect(given.durationMs).toBeGreaterThanOrEqual(0);
  });

  test("gives every agent's result within its schema", async () => {
    const track = await newTrack();
    const filler = cacheFirst();
    await filler.analyse(request(track), call());
    await filler.settled();
    for (const agent of AGENTS) {
      const { result } = await create().analyse(request(track, agent), call());
      expect(agent.output.strict().safeParse(result).error, agent.name).toBeUndefined();
    }
  });

  test("rejects with a typed error when there is nothing to give", async () => {
    await expect(create().analyse(request(await brokenTrack()), call())).rejects.toMatchObject({ kind: "not_found" });
  });

  test("rejects as cancelled, or answers from the store, when the caller has gone", async () => {
    const track = await newTrack(60);
    const gone = AbortSignal.abort();
    const answer = create().analyse(request(track), call(gone));
    await expect(answer).rejects.toMatchObject({ kind: name === "cached" ? "not_found" : "cancelled" });
  });

  test("close ends what runs in the background", async () => {
    const provider = create();
    provider.prefetch(await newTrack(120));
    await provider.close();
    await provider.settled();
  });
});

describe("live", () => {
  test("measures every time, one agent, and stores nothing", async () => {
    const track = await newTrack();
    const provider = liveProvider(bench.runPass);
    await provider.analyse(request(track), call());
    await provider.analyse(request(track), call());
    expect(bench.passes).toEqual([["temporal"], ["temporal"]]);
    expect(await bench.storage.analyses.listForTrack(track.id)).toEqual([]);
  });

  test("requests at once for one track share a pass, each agent in it once", async () => {
    const track = await newTrack();
    const provider = liveProvider(bench.runPass);
    const answers = await Promise.all(
      [temporal, spectral, temporal].map((agent) => provider.analyse(request(track, agent), call())),
    );
    expect(bench.passes).toEqual([["temporal", "spectral"]]);
    expect(answers.map(({ cached }) => cached)).toEqual([false, false, false]);
    expect(answers[2]?.result).toEqual(answers[0]?.result);
    expect(answers[1]?.result).toHaveProperty("centroid_hz");
  });

  test("when one of two callers leaves, the other still gets its answer", async () => {
    const track = await newTrack(60);
    const provider = liveProvider(bench.runPass);
    const first = provider.analyse(request(track), call(AbortSignal.abort()));
    const second = provider.analyse(request(track, spectral), call());
    await expect(first).rejects.toMatchObject({ kind: "cancelled" });
    expect((await second).result).toHaveProperty("centroid_hz");
    expect(bench.passes).toHaveLength(1);
  });
});

describe("cache-first", () => {
  test("the first question measures all default agents in one pass, the asked one first; the second reads", async () => {
    const track = await newTrack();
    const provider = cacheFirst();
    expect((await provider.analyse(request(track, spectral), call())).cached).toBe(false);
    await provider.settled();
    expect((await provider.analyse(request(track, rhythm), call())).cached).toBe(true);
    expect(bench.passes).toEqual([["spectral", ...NAMES.filter((name) => name !== "spectral")]]);
    expect((await bench.library.get(track.id)).status).toBe("ready");
  });

  test("many questions at once about a new track share one pass", async () => {
    const track = await newTrack(20);
    const provider = cacheFirst();
    const answers = await Promise.all(
      [...AGENTS, ...AGENTS, ...AGENTS].map((agent) => provider.analyse(request(track, agent), call())),
    );
    expect(answers).toHaveLength(3 * AGENTS.length);
    expect(bench.passes).toHaveLength(1);
  });

  test("two providers, as in two processes' sessions, measure a track once", async () => {
    const track = await newTrack(10);
    const [first, second] = [cacheFirst(), cacheFirst()];
    await Promise.all([first.analyse(request(track), call()), second.analyse(request(track, rhythm), call())]);
    await Promise.all([first.settled(), second.settled()]);
    expect(bench.passes).toHaveLength(1);
  });

  test("other parameters are another analysis, and do not replace the default one", async () => {
    const track = await newTrack(10);
    const provider = cacheFirst();
    await provider.analyse(request(track, rhythm), call());
    await provider.analyse(request(track, rhythm, { min_tempo_bpm: 100, max_tempo_bpm: 180 }), call());
    await provider.settled();
    expect(bench.passes[1]).toEqual(["rhythm"]);
    expect((await bench.storage.analyses.listForTrack(track.id)).filter((row) => row.agent === "rhythm")).toHaveLength(
      2,
    );
  });

  test("a new version of an agent is a miss", async () => {
    const track = await newTrack();
    const provider = cacheFirst();
    await provider.analyse(request(track), call());
    await provider.settled();
    const newer = { ...temporal, version: temporal.version + 1 };
    expect((await provider.analyse(request(track, newer), call())).cached).toBe(false);
    expect(bench.passes).toEqual([NAMES, ["temporal"]]);
  });

  test("a failure is stored with its reason, told again, and forgotten when it expires", async () => {
    const track = await newTrack();
    const provider = cacheFirst();
    await bench.storage.analyses.store(
      analysisKey(track, { agent: temporal, parameters: {}, source: builtinChoice() }),
      { parameters: {}, error: { kind: "invalid_input", message: "No audio." }, expiresAt: new Date(Date.now() + 400) },
      5,
    );
    await expect(provider.analyse(request(track), call())).rejects.toMatchObject({
      kind: "invalid_input",
      message: "No audio.",
    });
    expect(bench.passes).toHaveLength(0);
    await vi.waitFor(async () => expect((await provider.analyse(request(track), call())).cached).toBe(false), {
      timeout: 5_000,
    });
  });

  test("a file that cannot be decoded fails for every agent, and the track says why", async () => {
    const path = join(bench.folder, "empty.wav");
    await writeFile(path, wavFile([new Float32Array(0)], 44_100));
    const track = await bench.library.resolve(path, new AbortController().signal);
    const provider = cacheFirst();
    await expect(provider.analyse(request(track), call())).rejects.toMatchObject({ kind: "invalid_input" });
    await provider.settled();
    const { status, statusMessage } = await bench.library.get(track.id);
    expect(status).toBe("failed");
    expect(statusMessage).not.toBeNull();
    const rows = await bench.storage.analyses.listForTrack(track.id);
    expect(rows).toHaveLength(AGENTS.length);
    for (const row of rows) expect(row.expiresAt).not.toBeNull();
  });

  test.skipIf(ffmpeg === null)(
    "a file that breaks off is measured as far as it goes, with a warning that is stored too (skipped: no FFmpeg)",
    async () => {
      const whole = join(bench.folder, "whole.flac");
      execFileSync(ffmpeg?.path ?? "", ["-v", "error", "-i", await bench.writeSine("whole.wav", 321, 10), whole]);
      const path = join(bench.folder, "broken-off.flac");
      const bytes = await readFile(whole);
      await writeFile(path, bytes.subarray(0, bytes.length / 2));
      const track = await bench.library.resolve(path, new AbortController().signal);
      const provider = cacheFirst();
      const first = await provider.analyse(request(track), call());
      await provider.settled();
      const second = await provider.analyse(request(track), call());
      expect([first.cached, second.cached]).toEqual([false, true]);
      for (const { warning } of [first, second])
        expect(warning).toMatch(/^Only \d\.\d\d s could be decoded of the 10\.00 s/);
      expect((await bench.library.get(track.id)).durationSeconds).toBeCloseTo(Number(first.result.duration_seconds), 3);
    },
  );

  test("a failure that another setting would have avoided is not stored", async () => {
    const track = await newTrack();
    const provider = new CacheFirstProvider({
      storage: async () => bench.storage,
      defaultAgents: AGENTS,
      logger: pino({ level: "silent" }),
      runPass: async () => {
        throw new AppError("invalid_input", "The file is longer than the limit.", { dependsOnSettings: true });
      },
    });
    await expect(provider.analyse(request(track), call())).rejects.toMatchObject({ kind: "invalid_input" });
    await provider.settled();
    expect(await bench.storage.analyses.listForTrack(track.id)).toEqual([]);
    expect((await bench.library.get(track.id)).status).toBe("pending");
  });

  test("a file that was overwritten since it was added is not measured as the old one", async () => {
    const track = await newTrack();
    await writeFile(track.path, "something else");
    await expect(cacheFirst().analyse(request(track), call())).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringContaining("changed"),
    });
  });

  test("when the only caller leaves, the work stops and the track is pending again", async () => {
    const track = await newTrack(300);
    const provider = cacheFirst();
    const leaving = new AbortController();
    const progress = vi.fn(() => leaving.abort());
    await expect(provider.analyse(request(track), call(leaving.signal, progress))).rejects.toMatchObject({
      kind: "cancelled",
    });
    await provider.settled();
    expect(progress).toHaveBeenCalled();
    expect((await bench.library.get(track.id)).status).toBe("pending");
    expect(await bench.storage.analyses.listForTrack(track.id)).toEqual([]);
  });

  test("when one of two callers leaves, the other still gets its answer", async () => {
    const track = await newTrack(60);
    const provider = cacheFirst();
    const leaving = new AbortController();
    const first = provider.analyse(
      request(track),
      call(leaving.signal, () => leaving.abort()),
    );
    const second = provider.analyse(request(track), call());
    await expect(first).rejects.toMatchObject({ kind: "cancelled" });
    expect((await second).result.duration_seconds).toBe(60);
    expect(bench.passes).toHaveLength(1);
  });

  test("prefetch measures all default agents with nobody waiting", async () => {
    const track = await newTrack();
    const provider = cacheFirst();
    provider.prefetch(track);
    await provider.settled();
    expect(await bench.storage.analyses.listForTrack(track.id)).toHaveLength(AGENTS.length);
  });

  test("an analysis that was cut off leaves the track pending, not analyzing for ever", async () => {
    const track = await newTrack();
    await bench.storage.tracksOf("local").setStatus(track.id, "analyzing", null);
    expect((await bench.library.get(track.id)).status).toBe("pending");
  });
});
