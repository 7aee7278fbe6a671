/** Denoising by a network: what surrounds it, by one that changes nothing, and real weights on speech in known noise. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FoundModel, openModelLibrary } from "../../src/models/model-library.ts";
import { applyEffects } from "../../src/processing/apply-effects.ts";
import { denoiseSpeech } from "../../src/processing/denoise-speech.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { onnxFile } from "../models/onnx-file.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { context, jobFolder, runOperation, samplesOf } from "./operation-runs.ts";
import { devsetMono, devsetPath, hasReal, realModels, realNote } from "./real-models.ts";

const WEIGHTS = "gtcrn_simple.onnx";
const SILERO = "silero_vad.onnx";
const SPEECH = ["LJ001-0025.flac", "pv_de.wav", "pv_ja.wav"];

const VALUES = [
  ["mix", "enh", [1, 257, 1, 2]],
  ["conv_cache", "conv_cache_out", [2, 1, 16, 16, 33]],
  ["tra_cache", "tra_cache_out", [2, 3, 1, 1, 16]],
  ["inter_cache", "inter_cache_out", [2, 1, 33, 16]],
] as const;

/** A network in the shape of GTCRN whose output is its input times a factor. */
async function scaledModel(factor: number): Promise<FoundModel> {
  const path = join(jobFolder(), "scaled.onnx");
  const graph = {
    inputs: VALUES.map(([name, , dims]) => ({ name, dims })),
    outputs: VALUES.map(([, name, dims]) => ({ name, dims })),
    constants: [{ name: "factor", dims: [1], values: Float32Array.of(factor) }],
    nodes: VALUES.map(([name, output]) => ({ op: "Mul", inputs: [name, "factor"], output })),
  };
  writeFileSync(path, onnxFile(graph));
  const known = (await realModels.list()).find(({ manifest }) => manifest.id === "gtcrn");
  if (known === undefined) throw new Error("There is no manifest of GTCRN.");
  return { manifest: known.manifest, state: "installed", paths: new Map([["all", path]]) };
}

function written(channels: readonly Float32Array[], rate: number): string {
  const path = join(jobFolder(), "source.wav");
  writeFileSync(path, wavFile(channels, rate, "float32"));
  return path;
}

async function denoised(
  model: FoundModel,
  channels: readonly Float32Array[],
  rate: number,
  reductionDb: number | null,
) {
  const where = context();
  const asked = {
    inputPath: written(channels, rate),
    outputPath: join(where.folder, "denoised.wav"),
    integratedLufs: -30,
    reductionDb,
    durationSeconds: (channels[0]?.length ?? 0) / rate,
  };
  await denoiseSpeech(model, asked, where, () => {});
  return (await samplesOf(asked.outputPath)).channels;
}

function power(y: Float32Array): number {
  return y.reduce((sum, value) => sum + value * value, 0) / y.length;
}

function snrDb(estimate: Float32Array, truth: Float32Array): number {
  return 10 * Math.log10(power(truth) / power(truth.map((value, n) => value - (estimate[n] ?? 0))));
}

/** Speech with white noise at an SNR. */
function noisy(speech: Float32Array, db: number): Float32Array {
  const hiss = noise(speech.length, 11, 1);
  const gain = Math.sqrt(power(speech) / power(hiss) / 10 ** (db / 10));
  return speech.map((value, n) => value + gain * (hiss[n] ?? 0));
}

describe.skipIf(ffmpeg === null || !hasOnnxRuntime)(`around the network${ffmpegNote}${onnxNote}`, () => {
  test.each([
    [8000, 8000],
    [16_000, 200_001],
    [16_000, 1],
    [48_000, 480_000],
    [96_000, 30_000],
  ])("a network that changes nothing gives every sample back, at %d Hz, %d samples", async (rate, length) => {
    const stereo = [noise(length, 3, 0.4), noise(length, 4, 0.2)];
    const result = await denoised(await scaledModel(1), stereo, rate, null);
    expect(result).toHaveLength(2);
    for (const [channel, samples] of stereo.entries()) {
      expect(result[channel]).toHaveLength(length);
      const worst = samples.reduce(
        (most, value, n) => Math.max(most, Math.abs(value - (result[channel]?.[n] ?? 9))),
        0,
      );
      expect(worst).toBeLessThan(1e-5);
    }
  });

  test.each([44_100, 22_050])(
    "at %d Hz, which goes through a conversion, what is within its band is given back",
    async (rate) => {
      const tone = sine(rate / 5, rate, 3 * rate, 0.3);
      const [result = new Float32Array(0)] = await denoised(await scaledModel(1), [tone], rate, null);
      expect(result).toHaveLength(tone.length);
      expect(snrDb(result.subarray(rate / 5, 2 * rate), tone.subarray(rate / 5, 2 * rate))).toBeGreaterThan(80);
    },
  );

  test("what is above the network's band is turned down as its uppermost bins are, by no more than was asked for", async () => {
    const rate = 48_000;
    const hiss = noise(4 * rate, 5, 0.3);
    for (const [reductionDb, expectedDb] of [
      [null, -40],
      [12, 20 * Math.log10(10 ** (-12 / 20) * 0.99 + 0.01)],
    ] as const) {
      const [result = new Float32Array(0)] = await denoised(await scaledModel(0.01), [hiss], rate, reductionDb);
      expect(10 * Math.log10(power(result) / power(hiss))).toBeCloseTo(expectedDb, 1);
    }
  });

  test("takes infinities and what is no number for silence", async () => {
    const samples = noise(32_000, 5, 0.3);
    samples[9000] = Number.NaN;
    samples[9001] = Number.POSITIVE_INFINITY;
    const [result = new Float32Array(0)] = await denoised(await scaledModel(1), [samples], 16_000, null);
    expect(result.every(Number.isFinite)).toBe(true);
    expect(result[9000]).toBeCloseTo(0, 5);
    expect(result[20_000]).toBeCloseTo(samples[20_000] ?? 0, 5);
  });
});

describe.skipIf(ffmpeg === null || !hasOnnxRuntime || !hasReal(WEIGHTS))(
  `by GTCRN${ffmpegNote}${onnxNote}${realNote(WEIGHTS)}`,
  () => {
    const run = (path: string, effects: readonly object[], changes = {}) =>
      runOperation(applyEffects, path, { effects }, { models: realModels, ...changes });

    test.each(SPEECH)("takes noise out of speech, and is aligned with it: %s", async (file) => {
      const speech = await devsetMono(`speech/${file}`, 16_000);
      const path = written([noisy(speech, 5)], 16_000);
      const { path: result, value } = await run(path, [{ type: "denoise", engine: "gtcrn" }]);
      const [samples = new Float32Array(0)] = (await samplesOf(result)).channels;
      expect(samples).toHaveLength(speech.length);
      expect(snrDb(samples, speech)).toBeGreaterThan(5 + 4);
      expect(value.denoised).toMatchObject([{ engine: "gtcrn", model: { id: "gtcrn", licence: "MIT" }, notes: [] }]);
    });

    test("at 48 kHz in stereo too, and noise above the network's band goes with the rest", async () => {
      const speech = await devsetMono("speech/pv_en.wav", 48_000);
      const path = written([noisy(speech, 10), noisy(speech, 10).map((value) => value / 2)], 48_000);
      const { path: result } = await run(path, [{ type: "denoise", engine: "gtcrn" }]);
      const { channels } = await samplesOf(result);
      for (const [channel, scale] of [1, 0.5].entries()) {
        const truth = speech.map((value) => scale * value);
        expect(snrDb(channels[channel] ?? new Float32Array(0), truth)).toBeGreaterThan(14);
      }
    });

    test("is chosen by itself for speech, and passed over for music, with the reason", async () => {
      const speech = written([noisy(await devsetMono("speech/LJ001-0028.flac", 16_000), 20)], 16_000);
      expect((await run(speech, [{ type: "denoise" }])).value.denoised).toMatchObject([{ engine: "gtcrn", notes: [] }]);
      const music = devsetPath("music_synth/s1_120_Cmaj.flac");
      expect((await run(music, [{ type: "denoise" }], {})).value.denoised).toMatchObject([
        { engine: "fft", model: null, notes: [expect.stringContaining("passed over")] },
      ]);
    });

    test.skipIf(!hasReal(SILERO))(`is chosen for speech as loud as its noise too${realNote(SILERO)}`, async () => {
      const speech = written([noisy(await devsetMono("speech/LJ001-0028.flac", 16_000), 0)], 16_000);
      expect((await run(speech, [{ type: "denoise" }])).value.denoised).toMatchObject([{ engine: "gtcrn", notes: [] }]);
      const music = written([noisy(await devsetMono("music_synth/s1_120_Cmaj.flac", 16_000), 10)], 16_000);
      expect((await run(music, [{ type: "denoise" }])).value.denoised).toMatchObject([{ engine: "fft" }]);
    });

    test("stands where it stands in a chain: what is before it is rendered, what follows goes on, a preview is one", async () => {
      const speech = await devsetMono("speech/LJ001-0027.flac", 16_000);
      const path = written([noisy(speech, 10)], 16_000);
      const effects = [
        { type: "trim", start_seconds: 1, end_seconds: 7 },
        { type: "denoise", engine: "gtcrn" },
        { type: "gain", gain_db: -6 },
        { type: "denoise", engine: "gtcrn", reduction_db: 6 },
        { type: "limiter", ceiling_dbtp: -3 },
      ];
      const { value, path: result, filename } = await run(path, effects);
      const graph = String(value.graph).split("\n");
      expect(graph.map((line) => /atrim|volume|GTCRN|alimiter/.exec(line)?.[0])).toEqual([
        "atrim",
        "GTCRN",
        "volume",
        "GTCRN",
        "alimiter",
      ]);
      expect(filename).toBe("source (effects).wav");
      const [samples = new Float32Array(0)] = (await samplesOf(result)).channels;
      expect(samples).toHaveLength(6 * 16_000);
      const truth = speech.subarray(16_000, 7 * 16_000).map((value) => value / 2);
      expect(snrDb(samples, truth)).toBeGreaterThan(11);
      const preview = await runOperation(
        applyEffects,
        path,
        { effects: [{ type: "denoise", engine: "gtcrn" }], preview_seconds: 2, preview_start_seconds: 3 },
        { models: realModels },
      );
      expect((await samplesOf(preview.path)).channels[0]).toHaveLength(2 * 16_000);
    });

    test("stops within two seconds when it is cancelled", async () => {
      const path = written([noise(600 * 16_000, 1, 0.1)], 16_000);
      const stopping = new AbortController();
      const started = Promise.withResolvers<void>();
      const progress = (_: number | null, message: string) => {
        if (message === "Denoising") started.resolve();
      };
      const running = run(path, [{ type: "denoise", engine: "gtcrn" }], { signal: stopping.signal, progress });
      const outcome = expect(running).rejects.toSatisfy(() => stopping.signal.aborted);
      await started.promise;
      stopping.abort();
      const startedAt = performance.now();
      await outcome;
      expect(performance.now() - startedAt).toBeLessThan(2000);
    });
  },
);

describe.skipIf(ffmpeg === null)(`without the network${ffmpegNote}`, () => {
  /** Hark's own manifests, and no file of any. */
  const noModels = () =>
    openModelLibrary({
      manifestFolders: [join(import.meta.dirname, "../../config/models")],
      modelsFolder: jobFolder(),
      licences: new Set(["permissive"] as const),
    });

  test("the filter does it, and says how to get better", async () => {
    const path = written([noise(16_000, 1, 0.1)], 16_000);
    const { value } = await runOperation(
      applyEffects,
      path,
      { effects: [{ type: "denoise" }] },
      { models: noModels() },
    );
    expect(value.denoised).toMatchObject([
      { engine: "fft", notes: [expect.stringContaining("hark models pull gtcrn")] },
    ]);
    const named = await runOperation(applyEffects, path, { effects: [{ type: "denoise", engine: "fft" }] });
    expect(named.value.denoised).toEqual([{ engine: "fft", model: null, notes: [] }]);
  });

  test("asking for it by name is an error that says how to get it", async () => {
    const path = written([noise(16_000, 1, 0.1)], 16_000);
    const running = runOperation(
      applyEffects,
      path,
      { effects: [{ type: "denoise", engine: "gtcrn" }] },
      { models: noModels() },
    );
    await expect(running).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("hark models pull gtcrn"),
    });
  });
});
