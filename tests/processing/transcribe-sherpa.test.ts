/** What is said, by networks of a few kilobytes whose words are tones, through sherpa-onnx itself. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findPocketsphinx } from "../../src/processing/pocketsphinx-recogniser.ts";
import { transcribeAudio } from "../../src/processing/transcribe-audio.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { onnxFile } from "../models/onnx-file.ts";
import {
  ctcModel,
  diarisationModel,
  hasSherpa,
  sherpaNote,
  speechLibrary,
  tones,
  transducerModel,
  whisperModel,
} from "../models/speech-models.ts";
import { context, writtenSource } from "./operation-runs.ts";
import { transcriptionServer } from "./transcription-server.ts";

const RATE = 16_000;
const parameters = transcribeAudio.input.parse({ engine: "sherpa" });

/** Pieces at these times over faint noise. */
function recording(seconds: number, ...pieces: readonly { readonly at: number; readonly signal: Float32Array }[]) {
  const whole = noise(seconds * RATE, 1, 0.0005);
  for (const { at, signal } of pieces) {
    for (let n = 0; n < signal.length; n++) whole[at * RATE + n] += signal[n];
  }
  return writtenSource(wavFile([whole], RATE), "Talk.wav");
}

/** `tones` begin with half a second of silence. */
const low = (at: number) => ({ at: at - 0.5, signal: tones("lo", "w") });
const high = (at: number) => ({ at: at - 0.5, signal: tones("high") });

/** Needs 2.5 s: sherpa-onnx ends its process when a network fails. */
const needsLongClips = {
  constants: [{ name: "late", dims: [1], values: BigInt64Array.of(250n) }],
  nodes: [
    { op: "Gather", inputs: ["x", "late"], output: "frame", attributes: { axis: 2 } },
    { op: "Sub", inputs: ["frame", "frame"], output: "nothing" },
    { op: "Add", inputs: ["x", "nothing"], output: "seen" },
  ],
};

describe.skipIf(ffmpeg === null || !hasSherpa)(`by sherpa-onnx${ffmpegNote}${sherpaNote}`, () => {
  test("gives the words of a CTC network at their times, over all clips", async () => {
    const where = context({ models: speechLibrary(ctcModel()) });
    const { value, files } = await transcribeAudio.run(recording(20, low(2), high(3), high(10)), parameters, where);
    expect(value).toMatchObject({
      text: "low high high",
      engine: "sherpa",
      model: "Tiny",
      language: null,
      confidence: null,
    });
    expect(value).toMatchObject({ segment_count: 2, gaps: [], speakers: null, language_probability: null });
    expect(value.words.map(({ text }) => text)).toEqual(["low", "high", "high"]);
    for (const [index, at] of [2, 3, 10].entries()) {
      expect(Math.abs(value.words[index].start_seconds - at)).toBeLessThan(0.1);
      expect(value.words[index].end_seconds).toBeGreaterThan(value.words[index].start_seconds);
    }
    // "low" has two tokens; its end is not after the next word's begin.
    expect(value.words[0].end_seconds).toBeGreaterThan(2.5);
    expect(value.words[0].end_seconds).toBeLessThanOrEqual(value.words[1].start_seconds);
    expect(transcribeAudio.output.parse(value)).toEqual(value);
    expect(readFileSync(files[3].path, "utf8")).toBe("low high\nhigh\n");
  });

  test("gives the probabilities of a transducer as confidence, and its only language without a probability", async () => {
    const where = context({ models: speechLibrary(transducerModel()) });
    const { value } = await transcribeAudio.run(recording(8, low(2), high(3)), parameters, where);
    expect(value).toMatchObject({ text: "low high", language: "en", language_probability: null });
    expect(value.confidence).toBeGreaterThan(0.5);
    expect(value.confidence).toBeLessThanOrEqual(1);
    for (const { confidence } of value.words) expect(confidence).toBeGreaterThan(0.5);
  });

  test("gives the segments and the language of Whisper, and says that there are no times of words", async () => {
    const where = context({ models: speechLibrary(whisperModel()) });
    const source = recording(20, low(2), low(6), high(12));
    const { value } = await transcribeAudio.run(source, parameters, where);
    expect(value).toMatchObject({ text: "hello world hello world hello world", words: [], language: "en" });
    expect(value.language_probability).toBeGreaterThan(0.5);
    expect(value.language_probability).toBeLessThan(0.9);
    expect(value.notes.join(" ")).toContain("no times of words");
    // The network says 0.2 to 1 s; a clip begins up to 0.3 s before its speech.
    for (const [index, at] of [2, 6, 12].entries()) {
      const { start_seconds, end_seconds } = value.segments[index];
      expect(end_seconds - start_seconds).toBeCloseTo(0.8);
      expect(start_seconds).toBeGreaterThan(at - 0.3);
      expect(start_seconds).toBeLessThanOrEqual(at + 0.2);
    }
    const given = await transcribeAudio.run(
      recording(8, low(2)),
      { ...parameters, language: "de" },
      { ...where, folder: context().folder },
    );
    expect(given.value).toMatchObject({ language: "de", language_probability: null });
  });

  test("leaves a gap where the process dies of a clip, says so, and goes on", async () => {
    const models = speechLibrary(ctcModel({}, needsLongClips));
    const long = { at: 9.5, signal: tones("lo", "w", "high", "lo", "w", "high") };
    const { value } = await transcribeAudio.run(recording(20, high(2), long), parameters, context({ models }));
    expect(value.text).toBe("low high low high");
    expect(value.gaps).toHaveLength(1);
    expect(value.gaps[0]).toMatchObject({ why: expect.stringContaining("Tiny") });
    expect(value.gaps[0].start_seconds).toBeGreaterThan(1.5);
    expect(value.gaps[0].end_seconds).toBeLessThan(3.5);
    expect(value.notes.join(" ")).toMatch(/could not be transcribed: 1\.\d–2\.\d s/);
  });

  test("fails when no clip can be recognised, and when the model cannot be loaded", async () => {
    const dying = context({ models: speechLibrary(ctcModel({}, needsLongClips)) });
    const running = transcribeAudio.run(recording(12, high(2), high(8)), parameters, dying);
    await expect(running).rejects.toMatchObject({ kind: "internal", message: expect.stringContaining("Tiny") });
    const { manifest, files } = ctcModel({ name: "Bad" });
    const graph = { inputs: [{ name: "x", dims: ["n"] }], outputs: [{ name: "y", dims: ["n"] }], constants: [] };
    const content = onnxFile({ ...graph, nodes: [{ op: "Identity", inputs: ["x"], output: "y" }] });
    const bad = speechLibrary({ manifest, files: [{ role: "model", name: "model.onnx", content }, files[1]] });
    const loading = transcribeAudio.run(recording(8, high(2)), parameters, context({ models: bad }));
    await expect(loading).rejects.toMatchObject({ kind: "internal", message: expect.stringMatching(/Bad.*manifest/) });
  });

  test("auto takes the server of the settings, else the largest model that knows the language; a model can be named", async () => {
    const models = speechLibrary(
      ctcModel({ id: "small-en", name: "Small", languages: ["en"] }),
      whisperModel({ id: "large", name: "Large", languages: ["en", "de"] }),
    );
    const source = () => recording(8, high(2));
    const run = (changes: object, more: object = {}) =>
      transcribeAudio.run(source(), transcribeAudio.input.parse(changes), context({ models, ...more }));
    expect((await run({})).value).toMatchObject({ engine: "sherpa", model: "Large" });
    expect((await run({ model: "small-en" })).value).toMatchObject({ engine: "sherpa", model: "Small", text: "high" });
    await using server = await transcriptionServer(() => ({ body: { text: "by a server" } }));
    const settings = { speechEndpoint: server.endpoint };
    expect((await run({}, settings)).value).toMatchObject({ engine: "endpoint" });
    expect((await run({ engine: "sherpa" }, settings)).value).toMatchObject({ model: "Large" });
    const cases = [
      [{ model: "other" }, "invalid_input", "small-en"],
      [{ engine: "endpoint", model: "large" }, "invalid_input", "Leave one"],
      [{ model: "small-en", language: "de" }, "invalid_input", "It knows en"],
      [{ engine: "sherpa", language: "fr" }, "unavailable", "hark models pull"],
    ] as const;
    for (const [changes, kind, hint] of cases) {
      await expect(run(changes, settings)).rejects.toMatchObject({ kind, message: expect.stringContaining(hint) });
    }
  });

  test("a model whose licence is not allowed is not used, and named where another engine is", async () => {
    const licence = { name: "x", scope: "research", note: "", source: "https://example.com/" };
    const models = speechLibrary(ctcModel({ name: "Forbidden", licence }));
    const run = (changes: object) =>
      transcribeAudio.run(recording(8, high(2)), transcribeAudio.input.parse(changes), context({ models }));
    const message = expect.stringContaining("HARK_MODEL_LICENCES");
    await expect(run({ model: "tiny" })).rejects.toMatchObject({ kind: "forbidden", message });
    if ((await findPocketsphinx(process.env.PATH ?? "")) === null) {
      await expect(run({})).rejects.toMatchObject({ kind: "unavailable" });
      return;
    }
    expect((await run({})).value).toMatchObject({
      engine: "pocketsphinx",
      notes: expect.arrayContaining(["Forbidden was passed over: it is refused."]),
    });
  });

  test("labels who speaks on words, segments and in all files", async () => {
    const models = speechLibrary(ctcModel(), diarisationModel());
    const where = context({ models });
    const pieces = [low(2), low(3), high(5), high(5.5), high(6), high(6.5), low(12)];
    const { value, files } = await transcribeAudio.run(recording(15, ...pieces), { ...parameters, speakers: 2 }, where);
    expect(value.words.length).toBeGreaterThan(3);
    for (const { text, speaker } of value.words) expect(speaker).toBe(text === "low" ? "S1" : "S2");
    expect(value.segments.map(({ speaker }) => speaker)).toEqual(["S1", "S2", "S1"]);
    expect(value.segments.map(({ text }) => text)).toEqual(["low low", "high", "low"]);
    expect(value.speakers?.map(({ speaker }) => speaker)).toEqual(["S1", "S2"]);
    expect(value.notes.join(" ")).toContain("Voices");
    expect(readFileSync(files[0].path, "utf8")).toMatch(/^1\n.*\nS1: low low\n\n2\n.*\nS2: high\n/);
    expect(readFileSync(files[1].path, "utf8")).toContain("<v S1>low low");
    expect(JSON.parse(readFileSync(files[2].path, "utf8")).segments[1]).toMatchObject({ speaker: "S2" });
    expect(readFileSync(files[3].path, "utf8")).toBe("S1: low low\nS2: high\nS1: low\n");
  });

  test("says how to get the model for speakers before it does anything", async () => {
    const where = context({ models: speechLibrary(ctcModel()) });
    const running = transcribeAudio.run(recording(8, high(2)), { ...parameters, speakers: true }, where);
    await expect(running).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining("speakers") });
  });

  test("stops within two seconds when it is cancelled while a model is loaded", async () => {
    const stopping = new AbortController();
    let abortedAt = 0;
    const progress = (_: number | null, message: string) => {
      if (!message.startsWith("Transcribing") || stopping.signal.aborted) return;
      setTimeout(() => {
        abortedAt = performance.now();
        stopping.abort();
      }, 30);
    };
    const where = context({ models: speechLibrary(ctcModel()), signal: stopping.signal, progress });
    const source = recording(60, ...Array.from({ length: 14 }, (_, index) => high(2 + 4 * index)));
    await expect(transcribeAudio.run(source, parameters, where)).rejects.toMatchObject({ kind: "cancelled" });
    expect(performance.now() - abortedAt).toBeLessThan(2000);
  });

  test("a tone of one voice alone has one speaker", async () => {
    const models = speechLibrary(ctcModel(), diarisationModel());
    const source = recording(12, { at: 2, signal: sine(400, RATE, 6 * RATE, 0.3) });
    const { value } = await transcribeAudio.run(source, { ...parameters, speakers: true }, context({ models }));
    expect(value.speakers).toHaveLength(1);
    expect(value.speakers?.[0].speech_seconds).toBeCloseTo(6, 0);
  });
});
