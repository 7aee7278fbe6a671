/** Speech where it was put, by both engines. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelLibrary } from "../../src/models/model-library.ts";
import { detectSpeech } from "../../src/processing/detect-speech.ts";
import { speechSegments } from "../../src/processing/voice-activity.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { addManifest, CONTENT, newFolder, RESEARCH } from "../models/small-model.ts";
import { context, writtenSource } from "./operation-runs.ts";
import { devsetMono, hasDevset, hasReal, realModels, realNote } from "./real-models.ts";

const RATE = 16_000;
const WEIGHTS = "silero_vad.onnx";
const parameters = detectSpeech.input.parse({});
const UTTERANCES = ["LJ001-0025.flac", "LJ001-0028.flac", "pv_en.wav", "pv_de.wav", "pv_ja.wav", "pv_fr.wav"];
const PAUSE_SECONDS = 3;

function concatenated(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => Array.from(part)));
}

/** From the first to the last 10 ms that are at most 35 dB below the loudest: recordings begin and end with silence. */
function withoutEnds(speech: Float32Array): Float32Array {
  const size = RATE / 100;
  const powers = Array.from({ length: Math.floor(speech.length / size) }, (_, frame) =>
    speech.subarray(frame * size, (frame + 1) * size).reduce((sum, value) => sum + value * value, 0),
  );
  const least = Math.max(...powers) * 10 ** -3.5;
  const first = powers.findIndex((power) => power > least);
  return speech.slice(first * size, (powers.findLastIndex((power) => power > least) + 1) * size);
}

/** Utterances with pauses of faint noise between them, and where the utterances lie. */
async function utterances(pauseDb: number) {
  const pause = () => noise(PAUSE_SECONDS * RATE, 7, 10 ** (pauseDb / 20));
  const parts = [pause()];
  const truth: { start: number; end: number }[] = [];
  let seconds = PAUSE_SECONDS;
  for (const file of UTTERANCES) {
    const speech = withoutEnds(await devsetMono(`speech/${file}`, RATE));
    truth.push({ start: seconds, end: seconds + speech.length / RATE });
    seconds += speech.length / RATE + PAUSE_SECONDS;
    parts.push(speech, pause());
  }
  return { signal: concatenated(parts), truth };
}

/** Share of 10 ms frames that are right, and the share of the truth's pauses that were called speech. */
function agreement(
  segments: readonly { start_seconds: number; end_seconds: number }[],
  truth: readonly { start: number; end: number }[],
  seconds: number,
) {
  let [right, total, falseAlarms, pauses] = [0, 0, 0, 0];
  for (let time = 0.005; time < seconds; time += 0.01) {
    const isSpeech = truth.some(({ start, end }) => time >= start && time < end);
    const isFound = segments.some((segment) => time >= segment.start_seconds && time < segment.end_seconds);
    total++;
    if (isSpeech === isFound) right++;
    if (!isSpeech) pauses++;
    if (!isSpeech && isFound) falseAlarms++;
  }
  return { right: right / total, falseAlarms: falseAlarms / pauses };
}

describe("from probabilities to segments", () => {
  const options = { threshold: 0.5, minSilenceSeconds: 0.3, minSpeechSeconds: 0.15 };
  const activity = (probabilities: readonly number[]) => ({
    engine: "energy" as const,
    model: null,
    probabilities: Float32Array.from(probabilities),
    hopSeconds: 0.1,
    durationSeconds: probabilities.length / 10,
    notes: [],
  });

  test("bridges short pauses, drops short speech, and pads within the recording", () => {
    const found = speechSegments(activity([0, 1, 0, 0, 0, 0, 1, 1, 0.4, 1, 0, 1, 1, 0, 0, 0, 0.6, 0.4, 0.9]), options);
    expect(found.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [expect.closeTo(0.57), expect.closeTo(1.33)],
      [expect.closeTo(1.57), expect.closeTo(1.9)],
    ]);
    expect(found[1].probability).toBeCloseTo(1.9 / 3);
  });

  test("gives none for emptiness, and one for speech throughout", () => {
    expect(speechSegments(activity([]), options)).toEqual([]);
    expect(speechSegments(activity([1, 1, 1]), options)).toMatchObject([{ startSeconds: 0, endSeconds: 0.3 }]);
  });
});

describe.skipIf(ffmpeg === null || !hasOnnxRuntime || !hasReal(WEIGHTS))(
  `by Silero VAD${ffmpegNote}${onnxNote}${realNote(WEIGHTS)}`,
  () => {
    const run = (signal: Float32Array, rate = RATE) =>
      detectSpeech.run(writtenSource(wavFile([signal], rate)), parameters, context({ models: realModels }));

    test("finds utterances in six places among pauses, and no others", async () => {
      const { signal, truth } = await utterances(-50);
      const { value, files } = await run(signal);
      expect(value).toMatchObject({ engine: "silero", model: { id: "silero-vad", licence: "MIT" }, notes: [] });
      const { right, falseAlarms } = agreement(value.segments, truth, signal.length / RATE);
      // The truth counts the pauses within the utterances and the silence at their ends as speech.
      expect(right).toBeGreaterThan(0.93);
      expect(falseAlarms).toBeLessThan(0.06);
      for (const { start, end } of truth) {
        const first = value.segments.find((segment) => segment.end_seconds > start);
        const last = value.segments.findLast((segment) => segment.start_seconds < end);
        expect(first?.start_seconds).toBeGreaterThan(start - 0.2);
        expect(first?.start_seconds).toBeLessThan(start + 0.25);
        expect(last?.end_seconds).toBeGreaterThan(end - 0.3);
        expect(last?.end_seconds).toBeLessThan(end + 0.3);
      }
      expect(detectSpeech.output.parse(value)).toEqual(value);
      expect(JSON.parse(readFileSync(files[0].path, "utf8")).segments).toEqual(value.segments);
    });

    test("hears no speech in noise, tones and a band without a singer", async () => {
      const song = await devsetMono("music_synth/s1_120_Cmaj.flac", RATE);
      const signals = [noise(5 * RATE, 3, 0.2), sine(440, RATE, 5 * RATE, 0.5), song, new Float32Array(RATE)];
      for (const signal of signals) expect((await run(signal)).value.speech_share).toBeLessThan(0.06);
    });

    test("takes emptiness, one sample, and another rate", async () => {
      expect((await run(new Float32Array(1))).value).toMatchObject({ speech_seconds: 0, segment_count: 0 });
      const digit = await devsetMono("speech/fsdd_6_jackson.wav", 8000);
      expect((await run(digit, 8000)).value.speech_share).toBeGreaterThan(0.4);
    });

    test("stops within two seconds when it is cancelled", async () => {
      const stopping = new AbortController();
      const source = writtenSource(wavFile([noise(600 * RATE, 1, 0.1)], RATE));
      const where = context({ models: realModels, signal: stopping.signal });
      const running = detectSpeech.run(source, parameters, where);
      setTimeout(() => stopping.abort(), 1500);
      const startedAt = performance.now();
      await expect(running).rejects.toMatchObject({ kind: "cancelled" });
      expect(performance.now() - startedAt).toBeLessThan(3500);
    });
  },
);

describe.skipIf(ffmpeg === null)(`by level${ffmpegNote}`, () => {
  const run = (signal: Float32Array) => detectSpeech.run(writtenSource(wavFile([signal], RATE)), parameters, context());

  test.skipIf(!hasDevset)(
    `finds utterances among pauses, also over louder noise${hasDevset ? "" : " (skipped: no ../shared/devset)"}`,
    async () => {
      for (const [pauseDb, least] of [
        [-60, 0.93],
        [-40, 0.93],
      ]) {
        const { signal, truth } = await utterances(pauseDb);
        const { value } = await run(signal);
        const { right, falseAlarms } = agreement(value.segments, truth, signal.length / RATE);
        expect(right).toBeGreaterThan(least);
        expect(falseAlarms).toBeLessThan(0.1);
      }
    },
  );

  test("says what it cannot tell", async () => {
    const { value } = await run(sine(440, RATE, 3 * RATE, 0.5));
    expect(value).toMatchObject({ engine: "energy", model: null });
    expect(value.notes.join(" ")).toContain("by level, without a model");
    expect(value.notes.join(" ")).toContain("steady sound");
  });

  test("finds nothing in silence", async () => {
    expect((await run(new Float32Array(RATE))).value).toMatchObject({ speech_share: 0, segments: [] });
  });

  test.each([
    ["missing", false, {}, "unavailable", /is missing.*hark models pull silero-vad.*use energy/],
    [
      "refused by the licence policy",
      true,
      RESEARCH,
      "forbidden",
      /research only.*Without it Hark uses.*HARK_MODEL_LICENCES/,
    ],
    ["of another engine", true, { id: "other", engine: "other" }, "unavailable", /No model for the engine silero/],
  ])("refuses Silero where its model is %s, and says what to do", async (_name, isThere, changes, kind, message) => {
    const folder = newFolder();
    addManifest(folder, null, { id: "silero-vad", task: "detect_speech", engine: "silero", ...changes });
    if (isThere) writeFileSync(join(folder, "small.onnx"), CONTENT);
    const licences = new Set(["permissive"] as const);
    const models = openModelLibrary({ manifestFolders: [folder], modelsFolder: folder, licences });
    const source = writtenSource(wavFile([new Float32Array(RATE)], RATE));
    const running = detectSpeech.run(source, { ...parameters, engine: "silero" }, context({ models }));
    await expect(running).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
    const { value } = await detectSpeech.run(source, parameters, context({ models }));
    expect(value.engine).toBe("energy");
  });
});
