import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FoundModel, ModelLibrary } from "../../src/models/model-library.ts";
import { SpeechChild } from "../../src/models/speech-child.ts";
import { sine } from "../fixtures/signals.ts";
import { type OnnxGraph, onnxFile } from "./onnx-file.ts";
import { newFolder } from "./small-model.ts";
import {
  ctcModel,
  diarisationModel,
  hasSherpa,
  sherpaNote,
  speechLibrary,
  tones,
  transducerModel,
  whisperModel,
} from "./speech-models.ts";

const RATE = 16_000;
const never = new AbortController().signal;

function open(...limits: ConstructorParameters<typeof SpeechChild>): SpeechChild {
  const child = new SpeechChild(...limits);
  onTestFinished(() => child.close());
  return child;
}

async function only(library: ModelLibrary): Promise<FoundModel> {
  const [model] = await library.find("transcribe_audio");
  if (model?.state !== "installed") throw new Error(`The test model is ${model?.state}.`);
  return model;
}

async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 40; attempt++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(50);
  }
  return false;
}

/** Squares a matrix until somebody stops it; its result is nothing. */
function slow(): Parameters<typeof ctcModel>[1] {
  const squares = Array.from({ length: 400 }, (_, index) => ({
    op: "MatMul",
    inputs: [`m${index}`, `m${index}`],
    output: `m${index + 1}`,
  }));
  return {
    constants: [
      { name: "ones", dims: [1200, 1200], values: new Float32Array(1200 * 1200) },
      { name: "nothing", dims: [1], values: Float32Array.of(0) },
    ],
    nodes: [
      { op: "ReduceMean", inputs: ["x"], output: "mean", attributes: { keepdims: 0 } },
      { op: "Mul", inputs: ["ones", "mean"], output: "m0" },
      ...squares,
      { op: "ReduceMean", inputs: ["m400"], output: "squared", attributes: { keepdims: 0 } },
      { op: "Mul", inputs: ["squared", "nothing"], output: "zero" },
      { op: "Add", inputs: ["x", "zero"], output: "seen" },
    ],
  };
}

describe.skipIf(!hasSherpa)(`speech in a process of its own${sherpaNote}`, () => {
  test("recognises by a CTC network, with the time of each token", async () => {
    const child = open();
    await child.open(await only(speechLibrary(ctcModel())), null, never);
    const output = await child.recognise(tones("lo", "w", "high"), RATE, never);
    expect(output).toMatchObject({ text: expect.stringMatching(/^ ?low high$/), language: "" });
    expect(output.startsSeconds).toHaveLength(3);
    for (const [index, start] of output.startsSeconds.entries()) expect(start).toBeCloseTo(0.5 * (index + 1), 1);
  });

  test("recognises by a transducer, with probabilities", async () => {
    const child = open();
    await child.open(await only(speechLibrary(transducerModel())), null, never);
    const output = await child.recognise(tones("lo", "w", "high"), RATE, never);
    expect(output.text.trim()).toBe("low high");
    expect(output.logProbabilities).toHaveLength(3);
    for (const log of output.logProbabilities) expect(log).toBeLessThanOrEqual(0);
  });

  test("recognises by Whisper, with the language and its own segments", async () => {
    const child = open();
    const model = await only(speechLibrary(whisperModel()));
    await child.open(model, null, never);
    const low = await child.recognise(tones("lo", "lo"), RATE, never);
    expect(low).toMatchObject({ text: "hello world", language: "en", startsSeconds: [] });
    expect(low.segments).toEqual([
      { text: "hello world", startSeconds: expect.closeTo(0.2), durationSeconds: expect.closeTo(0.8) },
    ]);
    expect(await child.recognise(tones("high", "high"), RATE, never)).toMatchObject({ language: "de" });
    await child.open(model, "de", never);
    expect(await child.recognise(tones("lo", "lo"), RATE, never)).toMatchObject({ language: "de" });
  });

  test("gives times of words by a Whisper whose decoder was exported with its attention", async () => {
    const child = open();
    await child.open(await only(speechLibrary(whisperModel({}, true))), null, never);
    const output = await child.recognise(tones("lo", "lo", "lo", "lo", "lo", "lo"), RATE, never);
    expect(output).toMatchObject({ text: "hello world", tokens: ["hello", " world"] });
    // The place that says "world" is the fifth: it looks at what begins at 2 s. The first word begins where the clip does.
    expect(output.startsSeconds).toEqual([0, expect.closeTo(2)]);
    expect(output.durationsSeconds).toHaveLength(2);
  });

  test("tells two voices apart, with and without their number", async () => {
    const child = open();
    const model = await only(speechLibrary(diarisationModel()));
    const [low, high] = [sine(300, RATE, 6 * RATE, 0.3), sine(2000, RATE, 6 * RATE, 0.3)];
    const signal = new Float32Array(20 * RATE);
    signal.set(low, RATE);
    signal.set(high, 7 * RATE);
    signal.set(low, 13 * RATE);
    const samplesPath = join(newFolder(), "samples.f32");
    writeFileSync(samplesPath, new Uint8Array(signal.buffer));
    for (const speakers of [null, 2]) {
      const turns = await child.diarise(model, { samplesPath, sampleRate: RATE, seconds: 20 }, speakers, never);
      expect(turns).toHaveLength(3);
      expect(turns[0].speaker).toBe(turns[2].speaker);
      expect(turns[1].speaker).not.toBe(turns[0].speaker);
      for (const [index, at] of [1, 7, 13].entries()) {
        expect(Math.abs(turns[index].startSeconds - at)).toBeLessThan(0.3);
        expect(Math.abs(turns[index].endSeconds - at - 6)).toBeLessThan(0.3);
      }
    }
  });

  test("loads the model again after the process has ended", async () => {
    const child = open({ idleMs: 50 });
    await child.open(await only(speechLibrary(ctcModel())), null, never);
    const pid = child.pid ?? 0;
    expect(await isGone(pid)).toBe(true);
    const output = await child.recognise(tones("high"), RATE, never);
    expect(output.text.trim()).toBe("high");
    expect(child.pid).not.toBe(pid);
  });

  test.each([
    [
      "a network without what sherpa-onnx reads beside it",
      { role: "model", name: "model.onnx", content: onnxFile({ ...bare(), metadata: {} }) },
    ],
    ["a file that is no network", { role: "model", name: "model.onnx", content: "no network" }],
  ])("names the model when it has %s, and lives on", async (_, file) => {
    const child = open();
    const { manifest, files } = ctcModel({ name: "Bad model" });
    const bad = await only(speechLibrary({ manifest, files: [file, files[1]] }));
    const error = await child.open(bad, null, never).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: "internal", message: expect.stringContaining("Bad model") });
    expect(String(error)).not.toContain(tmpdir());
    await child.open(await only(speechLibrary(ctcModel())), null, never);
    expect((await child.recognise(tones("high"), RATE, never)).text.trim()).toBe("high");
  });

  test.each([
    ["whisper", ["encoder", "decoder"]],
    ["transducer", ["encoder", "decoder", "joiner"]],
    ["nemo_transducer", ["encoder", "decoder", "joiner"]],
    ["nemo_ctc", ["model"]],
    ["zipformer_ctc", ["model"]],
    ["paraformer", ["model"]],
    ["sense_voice", ["model"]],
    ["moonshine", ["preprocessor", "encoder", "uncached_decoder", "cached_decoder"]],
    ["moonshine_v2", ["encoder", "merged_decoder"]],
  ])("hands the files of the contract %s to sherpa-onnx, which says that they are none", async (contract, roles) => {
    const tokens = { role: "tokens", name: "tokens.txt", content: "<blk> 0\na 1\n" };
    const files = [...roles.map((role) => ({ role, name: `${role}.onnx`, content: "no network" })), tokens];
    const model = await only(speechLibrary({ manifest: { contract }, files }));
    const error = await open()
      .open(model, "en", never)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: "internal" });
    // Not that it was told of no model, or of files that are not there.
    expect(inspect(error)).toMatch(new RegExp(`tiny-${roles[0]}\\.onnx failed|Protobuf parsing failed`));
  });

  test("refuses a manifest whose contract or files it does not know", async () => {
    const child = open();
    const strange = await only(speechLibrary(ctcModel({ contract: "strange" })));
    await expect(child.open(strange, null, never)).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringContaining("nemo_ctc"),
    });
    const lacking = await only(speechLibrary(ctcModel({ contract: "transducer" })));
    await expect(child.open(lacking, null, never)).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringContaining("encoder, decoder, joiner"),
    });
    expect(child.pid).toBeNull();
  });

  test("is killed in the middle of a clip within two seconds when it is cancelled", async () => {
    const child = open();
    const stopping = new AbortController();
    await child.open(await only(speechLibrary(ctcModel({}, slow()))), null, stopping.signal);
    const pid = child.pid ?? 0;
    const outcome = expect(child.recognise(tones("lo"), RATE, stopping.signal)).rejects.toMatchObject({
      kind: "cancelled",
    });
    await sleep(300);
    const startedAt = performance.now();
    stopping.abort();
    await outcome;
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(await isGone(pid)).toBe(true);
  });

  test.skipIf(process.platform !== "linux")("is killed above its memory limit", async () => {
    const child = open({ memoryLimitBytes: 1e6 });
    const model = await only(speechLibrary(ctcModel({}, slow())));
    const running = child.open(model, null, never).then(() => child.recognise(tones("lo"), RATE, never));
    await expect(running).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining("memory") });
  });
});

function bare(): OnnxGraph {
  return {
    inputs: [{ name: "x", dims: ["n"] }],
    outputs: [{ name: "y", dims: ["n"] }],
    constants: [],
    nodes: [{ op: "Identity", inputs: ["x"], output: "y" }],
  };
}
