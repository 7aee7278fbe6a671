/** What every engine must stand, with real weights where they are, and what the real ones find. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { AGENTS, findAgent } from "../../src/agents/registry.ts";
import type { FeatureEngine } from "../../src/engines/engine.ts";
import { ENGINES, findEngine } from "../../src/engines/registry.ts";
import type { InferenceSession } from "../../src/models/inference.ts";
import { InferenceChild } from "../../src/models/inference-child.ts";
import { expectFinite, HARDSHIPS } from "../agents/agent-contract.ts";
import { voice } from "../agents/voice-signals.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { newFolder } from "../models/small-model.ts";
import { devsetMono, hasReal, realModels, realNote } from "../processing/real-models.ts";
import { beatNetwork } from "./beat-network.ts";
import { engineFrames } from "./run-engine.ts";

const RATE = 16_000;
const WEIGHTS: Readonly<Record<string, string>> = { swift_f0: "swift_f0.onnx", silero: "silero_vad.onnx" };

const children: InferenceChild[] = [];
afterAll(() => Promise.all(children.map((child) => child.close())));

async function sessionOf(path: string): Promise<InferenceSession> {
  const child = new InferenceChild({ threads: 1 });
  children.push(child);
  const [session] = await child.load([path], new AbortController().signal);
  return session;
}

async function realSession({ name, task }: FeatureEngine): Promise<InferenceSession> {
  const models = await realModels.find(task);
  const path = models.find(({ manifest }) => manifest.engine === name)?.paths.get("all");
  if (path === undefined) throw new Error(`The weights of ${name} are not what their manifest says.`);
  return sessionOf(path);
}

test("every agent's engines exist, compute what it needs, and are named once", () => {
  const named = AGENTS.flatMap((agent) => agent.engines.map((name) => ({ agent, engine: findEngine(name) })));
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const { agent, engine } of named) expect(agent.needs, agent.name).toContain(engine.feature);
  expect(new Set(ENGINES.map(({ name }) => name)).size).toBe(ENGINES.length);
});

/** Rates and channels between these are the mixdown's and the resampler's business, not the engines'. */
const BETWEEN = /rate of (11025|22050|32000|48000|96000)|[3578] channels/;
const ENGINE_HARDSHIPS = HARDSHIPS.filter(({ title }) => !BETWEEN.test(title));

function describeEngineContract(engine: FeatureEngine, open: () => Promise<InferenceSession>): void {
  const agents = AGENTS.filter((agent) => agent.engines.includes(engine.name));
  let session: Promise<InferenceSession> | undefined;

  test("has agents and hardships", () => {
    expect(agents.length).toBeGreaterThan(0);
    expect(ENGINE_HARDSHIPS.length).toBeGreaterThan(15);
  });

  test.each(ENGINE_HARDSHIPS)("stands $title", async ({ channels, sampleRate }) => {
    session ??= open();
    const loaded = await session;
    for (const agent of agents) {
      const own = extract(channels, sampleRate, agent.needs, sampleRate);
      const replaced = await engineFrames(engine, loaded, channels, sampleRate, own);
      const result = agent.analyse({ ...own, ...replaced }, agent.parameters.parse({}));
      expect(agent.output.strict().safeParse(result).error?.message).toBeUndefined();
      expectFinite(result, agent.name);
      const again = await engineFrames(engine, loaded, channels, sampleRate, own, Math.ceil(sampleRate / 3));
      expect(again, "the same, cut in another way").toEqual(replaced);
    }
  });
}

for (const engine of ENGINES.filter(({ name }) => name in WEIGHTS)) {
  const weights = WEIGHTS[engine.name];
  describe.skipIf(!hasOnnxRuntime || !hasReal(weights))(
    `the engine ${engine.name}${onnxNote}${realNote(weights)}`,
    () => describeEngineContract(engine, () => realSession(engine)),
  );
}

describe.skipIf(!hasOnnxRuntime)(`the engine beat_this, around a small network${onnxNote}`, () => {
  describeEngineContract(findEngine("beat_this"), () => {
    const path = join(newFolder(), "beat_this.onnx");
    writeFileSync(path, beatNetwork());
    return sessionOf(path);
  });
});

describe.skipIf(!hasOnnxRuntime || !hasReal(WEIGHTS.swift_f0))(
  `swift_f0 with its real weights${onnxNote}${realNote(WEIGHTS.swift_f0)}`,
  () => {
    const swiftF0 = findEngine("swift_f0");
    const pitch = findAgent("pitch");

    async function analyse(y: Float32Array, rate: number) {
      const own = extract([y], rate, pitch.needs, rate);
      const frames = { ...own, ...(await engineFrames(swiftF0, await realSession(swiftF0), [y], rate, own)) };
      return pitch.analyse(frames, {}) as Record<string, unknown> & { f0: { hop_seconds: number; hz: number[] } };
    }

    test("follows a voice within half a semitone, over the seams of its windows, and rests in the pauses", async () => {
      const f0 = (t: number) => (t % 2 < 1.6 ? 180 * 2 ** (0.3 * Math.sin(1.1 * t)) : 0);
      const y = voice(f0, 40, RATE, { snrDb: 40 });
      const { f0: series, is_monophonic } = await analyse(y, RATE);
      expect(is_monophonic).toBe(true);
      let [voiced, right, pauses, silent] = [0, 0, 0, 0];
      for (const [frame, hz] of series.hz.entries()) {
        const truth = f0(frame * series.hop_seconds);
        if (truth > 0) {
          voiced++;
          if (hz !== null && Math.abs(12 * Math.log2(hz / truth)) < 0.5) right++;
        } else {
          pauses++;
          if (hz === null) silent++;
        }
      }
      expect(series.hz.length).toBe(1 + Math.floor((40 * RATE) / 256));
      expect(right / voiced).toBeGreaterThan(0.93);
      expect(silent / pauses).toBeGreaterThan(0.7);
    });

    test("gives a window the same in a long recording as in a short one", async () => {
      const y = voice((t) => 150 + 20 * Math.sin(t), 30, RATE);
      const session = await realSession(swiftF0);
      const long = await engineFrames(swiftF0, session, [y], RATE);
      const short = await engineFrames(swiftF0, session, [y.subarray(0, 8 * RATE)], RATE);
      const [a, b] = [long.f0Candidates?.hz ?? [], short.f0Candidates?.hz ?? []];
      // The last frames of the short one see its end.
      const common = 6 * 450;
      expect(b.length).toBeGreaterThan(common);
      for (let index = 0; index < common; index++) expect(Math.abs(a[index] - b[index])).toBeLessThan(0.02);
    });
  },
);

describe.skipIf(!hasOnnxRuntime || !hasReal(WEIGHTS.silero))(
  `silero with its real weights${onnxNote}${realNote(WEIGHTS.silero)}`,
  () => {
    const silero = findEngine("silero");
    const activity = findAgent("speech_activity");

    test("places speech between two stretches of music", async () => {
      const speech = await devsetMono("speech/pv_en.wav", RATE);
      const song = (await devsetMono("music_synth/s1_120_Cmaj.flac", RATE)).subarray(0, 6 * RATE);
      const level = (y: Float32Array) => Math.sqrt(y.reduce((sum, value) => sum + value * value, 0) / y.length);
      const gain = level(speech) / level(song);
      const scaled = song.map((value) => gain * value);
      const y = Float32Array.from([...scaled, ...speech, ...scaled]);
      const own = extract([y], RATE, activity.needs, RATE);
      const replaced = await engineFrames(silero, await realSession(silero), [y], RATE, own);
      const { segments } = activity.analyse({ ...own, ...replaced }, {}) as {
        segments: { kind: string; start_seconds: number; end_seconds: number }[];
      };
      const speaking = segments.filter(({ kind }) => kind === "speech");
      expect(speaking.length).toBeGreaterThan(0);
      // The utterance begins and ends with a little silence.
      expect(Math.abs(speaking[0].start_seconds - 6)).toBeLessThan(0.8);
      const end = speaking.at(-1)?.end_seconds ?? 0;
      expect(Math.abs(end - 6 - speech.length / RATE)).toBeLessThan(0.8);
    });

    test("hears nothing in noise and tones", async () => {
      const session = await realSession(silero);
      for (const y of [noise(5 * RATE, 3, 0.2), sine(440, RATE, 5 * RATE, 0.5)]) {
        const { speechProbability } = await engineFrames(silero, session, [y], RATE);
        expect(speechProbability?.probability.length).toBe(Math.ceil((5 * RATE) / 512));
        expect(Math.max(...(speechProbability?.probability ?? [1]))).toBeLessThan(0.5);
      }
    });
  },
);
