import { describe, expect, test } from "vitest";
import { pitch } from "../../src/agents/pitch.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { drums } from "./rhythm-signals.ts";
import { progression } from "./tonal-signals.ts";
import { melody, type VoiceShape, voice } from "./voice-signals.ts";

const RATE = 22_050;
const wave = (rate: number, seconds: number) => Math.sin(2 * Math.PI * rate * seconds);

const CHORDS = ["C:maj", "A:min", "F:maj", "G:maj"];
const mix = (a: Float32Array, b: Float32Array) => a.map((value, n) => value + b[n]);
const measure = (y: Float32Array) => pitch.analyse(extract([y], RATE, pitch.needs), {});

/** Share of the frames with a true pitch that are within 50 cents of it (raw pitch accuracy), missed frames counting as wrong. */
function rawPitchAccuracy({ f0 }: ReturnType<typeof measure>, truth: (seconds: number) => number): number {
  let [right, all] = [0, 0];
  for (const [frame, hz] of f0.hz.entries()) {
    const expected = truth(frame * f0.hop_seconds);
    if (expected <= 0) continue;
    all++;
    if (hz !== null && Math.abs(1200 * Math.log2(hz / expected)) < 50) right++;
  }
  expect(all).toBeGreaterThan(0);
  return right / all;
}

const VOICES: readonly (readonly [string, (seconds: number) => number, VoiceShape])[] = [
  ["a low voice", (t) => 78 * 2 ** (0.2 * wave(0.5, t)), {}],
  [
    "a speaking man of changing loudness",
    (t) => 120 * 2 ** (0.4 * wave(0.7, t)),
    { amplitude: (t) => 0.3 + 0.7 * Math.abs(wave(0.5, t)) },
  ],
  [
    "a speaking woman, closed vowel",
    (t) => 220 * 2 ** (0.5 * wave(0.9, t)),
    {
      formants: [
        [350, 80],
        [2200, 150],
        [3000, 200],
      ],
    },
  ],
  ["a vibrato of a semitone", (t) => 300 * 2 ** (wave(6, t) / 12), {}],
  ["a soprano", (t) => 700 * 2 ** (0.08 * wave(5.5, t)), {}],
  ["glides of 1.8 octaves a second", (t) => 100 * 2 ** (1.5 * ((1.2 * t) % 1)), {}],
  ["syllables with pauses", (t) => (t % 0.5 < 0.35 ? 150 * 2 ** (0.3 * wave(0.5, t)) : 0), {}],
  ["a noisy voice, 10 dB", (t) => 160 * 2 ** (0.3 * wave(0.7, t)), { snrDb: 10 }],
];

describe("pitch", () => {
  test.each([60, 82.41, 110, 261.63, 440, 987.77, 1500, 2000])("measures a sine of %f Hz", (hz) => {
    const { median_hz, is_monophonic, voiced_ratio } = measure(sine(hz, RATE, 2 * RATE));
    expect(Math.abs(1200 * Math.log2((median_hz ?? 1) / hz))).toBeLessThan(hz > 1000 ? 5 : 1);
    expect(is_monophonic).toBe(true);
    expect(voiced_ratio ?? 0).toBeGreaterThan(0.95);
  });

  test.each(VOICES)("follows %s", (_, truth, shape) => {
    const result = measure(voice(truth, 4, RATE, shape));
    expect(rawPitchAccuracy(result, truth)).toBeGreaterThan(0.97);
    expect(result.is_monophonic).toBe(true);
  });

  test("calls pauses unvoiced", () => {
    const truth = (t: number) => (t % 1 < 0.5 ? 200 : 0);
    const { f0 } = measure(voice(truth, 4, RATE));
    const pauses = f0.hz.filter(
      (_, frame) => (frame * f0.hop_seconds + 0.95) % 1 > 0.55 && (frame * f0.hop_seconds) % 1 > 0.55,
    );
    expect(pauses.length).toBeGreaterThan(50);
    expect(pauses.filter((hz) => hz !== null).length / pauses.length).toBeLessThan(0.05);
  });

  test("gives each frame its time", () => {
    const { f0 } = measure(sine(220, RATE, RATE));
    expect(f0.time_seconds.length).toBe(f0.hz.length);
    for (const [frame, seconds] of f0.time_seconds.entries()) expect(seconds).toBeCloseTo(frame * f0.hop_seconds, 4);
  });

  test.each([
    ["a voice whose second harmonic is far the strongest", 160, { formants: [[320, 80]] as const }],
    ["a creaking voice of 55 Hz", 55, {}],
    ["a soprano of 1,000 Hz", 1000, {}],
  ])("finds no octave in %s", (_, hz, shape) => {
    const truth = (t: number) => hz * 2 ** (0.02 * wave(5, t));
    expect(rawPitchAccuracy(measure(voice(truth, 3, RATE, shape)), truth)).toBeGreaterThan(0.97);
  });

  test("gives bursts of noise hardly any pitch", () => {
    const bursts = noise(8 * RATE).map((value, n) => value * Math.exp(-15 * ((n / RATE) % 0.25)));
    expect(measure(bursts).voiced_ratio ?? 0).toBeLessThan(0.05);
  });

  test("gives the range as percentiles", () => {
    const { range_hz, median_hz } = measure(voice((t) => (t < 2 ? 150 : 300), 4, RATE));
    expect(range_hz?.low ?? 0).toBeCloseTo(150, -1);
    expect(range_hz?.high ?? 0).toBeCloseTo(300, -1);
    expect(median_hz ?? 0).toBeGreaterThanOrEqual(range_hz?.low ?? 1e9);
  });

  test.each([0, 0.1])("finds the notes of a melody with gaps of %f s", (gap) => {
    const truth = [60, 64, 67, 72, 71, 65, 48, 55];
    const { notes, note_count } = measure(melody(truth, 0.3, gap, RATE));
    expect(notes.map(({ midi }) => midi)).toEqual(truth);
    expect(note_count).toBe(truth.length);
    notes.forEach((note, index) => {
      expect(Math.abs(note.start_seconds - index * (0.3 + gap))).toBeLessThan(0.04);
      expect(Math.abs(note.end_seconds - note.start_seconds - 0.3)).toBeLessThan(0.06);
      expect(Math.abs(note.cents)).toBeLessThan(5);
    });
  });

  test("tells repeated notes apart", () => {
    expect(measure(melody([69, 69, 69, 69], 0.4, 0, RATE)).notes.map(({ midi }) => midi)).toEqual([69, 69, 69, 69]);
  });

  test("holds a vibrato and a flat singer to one note", () => {
    const { notes } = measure(voice((t) => 440 * 2 ** ((-0.45 + 0.5 * wave(5.5, t)) / 12), 2, RATE));
    expect(notes.length).toBe(1);
    expect(Math.abs(notes[0].hz / (440 * 2 ** (-0.45 / 12)) - 1)).toBeLessThan(0.01);
  });

  test.each([
    ["seventh chords", mix(progression(CHORDS, 2, RATE), progression(["E:min", "C:maj", "A:min", "E:min"], 2, RATE))],
    ["two melodies", mix(melody([60, 64, 67, 72], 0.5, 0, RATE), melody([57, 53, 50, 55], 0.5, 0, RATE))],
    ["chords and drums", mix(progression(CHORDS, 2, RATE), drums(112, 8, RATE))],
  ])("says that %s have no single pitch", (_, y) => {
    const result = measure(y);
    expect(result.is_monophonic).not.toBe(true);
    expect([result.median_hz, result.range_hz, result.note_count, result.notes]).toEqual([null, null, 0, []]);
    expect(result.why_null).toMatch(/polyphonic|percussion/);
    expect(result.f0.hz.length).toBe(result.f0.voicing.length);
  });

  test.each([
    ["silence", new Float32Array(3 * RATE), /digital silence/],
    ["no sample", new Float32Array(0), /no samples/],
    ["white noise", noise(5 * RATE), /No frame has a pitch/],
  ])("finds nothing in %s, and says why", (_, y, reason) => {
    const result = measure(y);
    expect([result.is_monophonic, result.median_hz, result.range_hz, result.notes]).toEqual([null, null, null, []]);
    expect(result.why_null).toMatch(reason);
    expect(result.f0.hz.every((hz) => hz === null)).toBe(true);
  });

  test("gives the same for a quieter signal", () => {
    const y = voice((t) => 200 * 2 ** (0.2 * wave(1, t)), 2, RATE);
    const [loud, quiet] = [measure(y), measure(y.map((value) => value / 100))];
    expect(quiet.f0.hz).toEqual(loud.f0.hz);
  });
});

test("pitch says that channels cancel in the mono mix, not that the file is quiet", () => {
  const y = sine(440, RATE, 2 * RATE);
  const inverted = y.map((value) => -value);
  const cancelled = pitch.analyse(extract([y, inverted], RATE, pitch.needs), {});
  expect(cancelled).toMatchObject({ voiced_ratio: null, is_monophonic: null, median_hz: null, note_count: 0 });
  expect(cancelled.why_null).toMatch(/channels cancel/);
  expect(measure(sine(440, RATE, 2 * RATE, 1e-5)).why_null).toBe("Nothing in the file is above -80 dBFS.");
});
