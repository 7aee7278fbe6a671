import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { speechActivity } from "../../src/agents/speech-activity.ts";
import { combinedEvidence, windowEvidence } from "../../src/agents/speech-activity-evidence.ts";
import { FEATURE_COUNT, windowFeatures } from "../../src/agents/speech-activity-features.ts";
import { KINDS, kindProbabilities } from "../../src/agents/speech-activity-model.ts";
import { activitySegments, silences } from "../../src/agents/speech-activity-segments.ts";
import { wasmDecoder } from "../../src/audio/wasm-decoder.ts";
import { decodeAll, openSource } from "../audio/audio-files.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { progression } from "./tonal-signals.ts";
import { voice } from "./voice-signals.ts";

const RATE = 22_050;
const measure = (y: Float32Array, rate = RATE) => speechActivity.analyse(extract([y], rate, speechActivity.needs), {});

function joined(...parts: Float32Array[]): Float32Array {
  const y = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    y.set(part, start);
    start += part.length;
  }
  return y;
}

/** Syllables, four a second, of a falling voice and of hiss in turn, with a pause now and then. */
function syllables(seconds: number): Float32Array {
  const isHiss = (t: number) => Math.floor(4 * t) % 3 === 2;
  const level = (t: number) => (Math.floor(4 * t) % 9 === 8 ? 0 : Math.sin(Math.PI * ((4 * t) % 1)) ** 2);
  const vowels = voice(
    (t) => (isHiss(t) ? 0 : 120 + 40 * Math.sin(2 * Math.PI * 0.7 * t) - 15 * ((4 * t) % 1)),
    seconds,
    RATE,
    {
      amplitude: level,
      snrDb: 45,
    },
  );
  const hiss = noise(vowels.length, 8, 0.05);
  return vowels.map((value, n) => value + (isHiss(n / RATE) ? level(n / RATE) * hiss[n] : 0));
}

const chords = (seconds: number) =>
  progression(["C:maj", "G:maj", "A:min", "F:maj", "C:maj", "F:maj", "G:maj", "C:maj"], seconds / 8, RATE);

describe("speech_activity", () => {
  test.each([
    ["speech-like syllables", () => syllables(8), "speech"],
    ["chords", () => chords(12), "music"],
    ["white noise", () => noise(6 * RATE), "other"],
    ["a test tone", () => sine(1000, RATE, 6 * RATE), "other"],
    ["silence", () => new Float32Array(3 * RATE), "silence"],
  ] as const)("calls %s by its name", (_name, make, kind) => {
    const result = measure(make());
    expect(result.main_kind).toBe(kind);
    expect(result.shares?.[kind]).toBeGreaterThan(0.95);
    expect(result.confidence).toBeGreaterThan(0.6);
  });

  test("finds the places of speech, silence and music one after the other", () => {
    const { segments, shares, speech_seconds } = measure(joined(syllables(8), new Float32Array(2 * RATE), chords(12)));
    expect(segments.map((segment) => segment.kind)).toEqual(["speech", "silence", "music"]);
    expect(segments[0].start_seconds).toBe(0);
    expect(Math.abs(segments[1].start_seconds - 8)).toBeLessThan(0.4);
    expect(Math.abs(segments[2].start_seconds - 10)).toBeLessThan(0.05);
    expect(segments[2].end_seconds).toBe(22);
    expect(Object.values(shares ?? {}).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 2);
    expect(Math.abs(speech_seconds - 8)).toBeLessThan(0.4);
  });

  test("is unsure of what is shorter than its window, and has nothing to say of nothing", () => {
    const short = measure(syllables(1));
    expect(short.confidence).toBeLessThanOrEqual(0.7);
    expect(short.why_uncertain).toMatch(/shorter/);
    expect(measure(new Float32Array(0))).toMatchObject({ main_kind: null, shares: null, segments: [] });
    expect(measure(sine(440, RATE, RATE / 10)).confidence).toBeLessThan(0.45);
  });

  test("has nothing to say of channels that cancel in the mono mix, and says why", () => {
    const y = chords(8);
    const inverted = y.map((value) => -value);
    const result = speechActivity.analyse(extract([y, inverted], RATE, speechActivity.needs), {});
    expect(result).toMatchObject({ main_kind: null, shares: null, speech_seconds: 0, confidence: 0, segments: [] });
    expect(result.why_uncertain).toMatch(/channels cancel/);
  });

  test("ends no segment beyond the file, and gives one sample a segment that is not empty", () => {
    const length = Math.round(2.3456 * RATE);
    expect(measure(noise(length)).segments.at(-1)?.end_seconds).toBeLessThanOrEqual(length / RATE);
    const [{ start_seconds, end_seconds }] = measure(Float32Array.of(0.5), 44_100).segments;
    expect(end_seconds).toBeGreaterThan(start_seconds);
    expect(end_seconds).toBeLessThanOrEqual(1 / 44_100);
  });
});

describe("silences", () => {
  const windows = (...levels: number[]) => ({
    durationSeconds: levels.length / 10,
    rmsDbfs: Float32Array.from(levels),
    windowSeconds: 0.1,
    zeros: [],
  });

  test("are stretches of half a second and more below the bound, which follows the level", () => {
    const quiet = Array.from({ length: 6 }, () => -64);
    const [stretch, ...others] = silences(windows(-10, -12, ...quiet, -11, -64, -10));
    expect(others).toEqual([]);
    expect(stretch.startSeconds).toBeCloseTo(0.2, 6);
    expect(stretch.endSeconds).toBeCloseTo(0.8, 6);
    expect(silences(windows(-40, -42, ...quiet, -41))).toEqual([]);
  });

  test("are the whole of a short silent file", () => {
    expect(silences(windows(Number.NEGATIVE_INFINITY))).toEqual([{ startSeconds: 0, endSeconds: 0.1 }]);
  });
});

describe("activitySegments", () => {
  const windows = (...rows: number[][]) => windowEvidence(Float64Array.from(rows.flat()));

  test("smooth over a lone window and keep a lasting change", () => {
    const speech = [0.95, 0.04, 0.01];
    const music = [0.05, 0.9, 0.05];
    const rows = [...Array(8).fill(speech), music, ...Array(8).fill(speech), ...Array(8).fill(music)];
    const segments = activitySegments(windows(...rows), [], 12.5, 1);
    expect(segments.map(({ kind, startSeconds, endSeconds }) => [kind, startSeconds, endSeconds])).toEqual([
      ["speech", 0, 8.5],
      ["music", 8.5, 12.5],
    ]);
    expect(segments[1].confidence).toBeCloseTo(0.9, 6);
    expect(activitySegments(windows(...rows), [], 12.5, 0.6)[1].confidence).toBe(0.6);
  });
});

describe("with a model's speech probability", () => {
  const speech = [0.9, 0.08, 0.02];
  const music = [0.1, 0.85, 0.05];
  /** Windows of two seconds change slowly: the last of the speech is in four of them. */
  const between = [0.7, 0.52, 0.4, 0.32, 0.25].map((chance) => [chance, 0.95 - chance, 0.05]);
  const windows = Float64Array.from([...Array(8).fill(speech), ...between, ...Array(7).fill(music)].flat());
  /** Speech to a time, with a gap between two words. */
  const heardUntil = (seconds: number) =>
    Float32Array.from({ length: 313 }, (_, frame) => {
      const time = frame * 0.032;
      return time < seconds && (time < 2 || time > 2.3) ? 0.98 : 0.01;
    });
  const segmentsOf = (rows: Float64Array, probability: Float32Array) =>
    activitySegments(combinedEvidence(rows, { probability, hopSeconds: 0.032 }, 10), [], 10, 1);

  test("speech ends where the model hears it end, and goes on through a gap between words", () => {
    expect(segmentsOf(windows, new Float32Array(0)).map(({ kind, endSeconds }) => [kind, endSeconds])).toEqual([
      ["speech", 5],
      ["music", 10],
    ]);
    const [first, second, ...others] = segmentsOf(windows, heardUntil(5.8));
    expect(others).toEqual([]);
    expect(first.kind).toBe("speech");
    expect(first.endSeconds).toBeGreaterThan(5.5);
    expect(first.endSeconds).toBeLessThan(6.1);
    expect(second.kind).toBe("music");
  });

  test("singing, which the windows are sure of, does not become speech where the model takes it for speech", () => {
    const singing = Float64Array.from(Array(20).fill([0.03, 0.96, 0.01]).flat());
    expect(segmentsOf(singing, new Float32Array(313).fill(0.95)).map(({ kind }) => kind)).toEqual(["music"]);
  });

  test("the model does not part music from other sound", () => {
    const unsure = Float64Array.from(Array(20).fill([0.2, 0.45, 0.35]).flat());
    const { chances } = combinedEvidence(unsure, { probability: new Float32Array(313), hopSeconds: 0.032 }, 10);
    expect(chances[1] / chances[2]).toBeCloseTo(45 / 35, 6);
    expect(chances[0]).toBeLessThan(0.1);
  });
});

describe("the model", () => {
  test("gives chances that sum to 1, also far outside of what it was fitted to", () => {
    for (const value of [-1e9, 0, 1, 1e9]) {
      const chances = kindProbabilities(new Float64Array(FEATURE_COUNT).fill(value));
      expect(chances.length).toBe(KINDS.length);
      expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 9);
    }
  });

  test("has as many weights as a window has values", () => {
    const features = extract([noise(3 * RATE)], RATE, speechActivity.needs);
    expect(windowFeatures(features, 1.5)?.length).toBe(FEATURE_COUNT);
    expect(windowFeatures(extract([new Float32Array(RATE)], RATE, speechActivity.needs), 0.5)).toBeNull();
  });
});

const FOLDER = join(import.meta.dirname, "../../../shared/devset");
const RECORDINGS = [
  ["speech/LJ001-0027.flac", "speech"],
  ["speech/pv_ja.wav", "speech"],
  ["music_mdb/Reggae_mix.flac", "music"],
  ["music_synth/s6_105_Bmin_nodrums.ogg", "music"],
  ["loudness/synth-3341-1.flac", "other"],
] as const;
const isThere = existsSync(FOLDER);
const note = isThere ? "" : " (skipped: no development set)";

test.skipIf(!isThere).each(RECORDINGS)(`calls %s %s${note}`, async (file, kind) => {
  const { channels, sampleRate } = await decodeAll(wasmDecoder, openSource(join(FOLDER, file)));
  const result = speechActivity.analyse(extract(channels, sampleRate, speechActivity.needs), {});
  expect(result.shares?.[kind]).toBeGreaterThan(0.9);
});
