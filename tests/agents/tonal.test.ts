import { describe, expect, test } from "vitest";
import { tonal } from "../../src/agents/tonal.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { drums } from "./rhythm-signals.ts";
import { pitchClassOf, progression, transposed } from "./tonal-signals.ts";

const RATE = 22_050;
const MAJOR = ["C:maj", "A:min", "F:maj", "G:maj", "C:maj", "D:min", "G:maj", "C:maj"];
const MINOR = ["A:min", "D:min", "E:maj", "A:min", "F:maj", "D:min", "E:maj", "A:min"];

const measure = (y: Float32Array) => tonal.analyse(extract([y], RATE, tonal.needs), {});

describe("tonal", () => {
  test.each(
    [0, 3, 6, 8, 11].flatMap((semitones) => [
      [semitones, "major", MAJOR, semitones] as const,
      [semitones, "minor", MINOR, (semitones + 9) % 12] as const,
    ]),
  )("finds the key of a cadence %i semitones up in %s", (semitones, mode, loop, tonic) => {
    const result = measure(progression(transposed(loop, semitones), 2, RATE));
    expect(result.key?.mode).toBe(mode);
    expect(pitchClassOf(result.key?.tonic ?? "C")).toBe(tonic);
    expect(result.key_candidates[0]).toMatchObject(result.key ?? {});
    expect(result.key_candidates.length).toBe(4);
    expect(result.key_changes).toEqual([]);
    expect(result.why_uncertain === null).toBe(result.confidence >= 0.7);
  });

  test.each([
    ["C", "major", 0, MAJOR, "8B"],
    ["A", "minor", 0, MINOR, "8A"],
    ["Eb", "major", 3, MAJOR, "5B"],
    ["F#", "minor", 9, MINOR, "11A"],
  ] as const)("spells %s %s and places it on the Camelot wheel", (tonic, mode, semitones, loop, code) => {
    const result = measure(progression(transposed(loop, semitones), 1, RATE));
    expect(result.key).toEqual({ tonic, mode });
    expect(result.camelot).toBe(code);
  });

  test("names the chords at their times", () => {
    const result = measure(progression(MAJOR, 2, RATE));
    let right = 0;
    for (const [index, label] of MAJOR.entries()) {
      for (const { start_seconds, end_seconds, label: found } of result.chords) {
        if (found !== label) continue;
        right += Math.max(0, Math.min(end_seconds, 2 * index + 2) - Math.max(start_seconds, 2 * index));
      }
    }
    expect(right / (2 * MAJOR.length)).toBeGreaterThan(0.95);
    expect(result.chords[0].start_seconds).toBe(0);
    expect(result.chords[result.chords.length - 1].end_seconds).toBeCloseTo(16, 3);
    expect(result.chords.every(({ confidence }) => confidence >= 0.8)).toBe(true);
  });

  test("spells chords with the accidentals of the key", () => {
    const labels = (semitones: number) =>
      new Set(measure(progression(transposed(MAJOR, semitones), 1, RATE)).chords.map(({ label }) => label));
    expect(labels(3)).toContain("Ab:maj");
    expect(labels(11)).toContain("F#:maj");
  });

  test("hears silence between chords as no chord", () => {
    const y = new Float32Array(14 * RATE);
    y.set(progression(MAJOR.slice(0, 3), 2, RATE));
    y.set(progression(MAJOR.slice(0, 2), 2, RATE), 10 * RATE);
    const silent = measure(y).chords.find(({ label }) => label === "N");
    expect(silent?.start_seconds).toBeCloseTo(6, 0);
    expect(silent?.end_seconds).toBeCloseTo(10, 0);
  });

  test.each([-45, -31.8, -10, 0, 18, 42])("measures a tuning of %f cents within 2 cents", (cents) => {
    const result = measure(progression(MAJOR, 1, RATE, cents));
    expect(Math.abs((result.tuning_cents ?? 99) - cents)).toBeLessThan(2);
    expect(result.key).toEqual({ tonic: "C", mode: "major" });
  });

  test("has the pitch classes of the notes in its chroma", () => {
    const { chroma } = measure(progression(["C:maj", "C:maj", "C:maj"], 2, RATE));
    expect(chroma.length).toBe(12);
    expect(Math.max(...chroma)).toBe(1);
    for (const [pitchClass, value] of chroma.entries()) {
      if ([0, 4, 7].includes(pitchClass)) expect(value).toBeGreaterThan(0.5);
      else expect(value).toBeLessThan(0.2);
    }
  });

  test("finds a change of key", () => {
    const y = progression([...MAJOR, ...MAJOR, ...transposed(MAJOR, 3), ...transposed(MAJOR, 3)], 1.5, RATE);
    const { key_changes, why_uncertain, confidence } = measure(y);
    expect(key_changes.length).toBe(1);
    expect(key_changes[0].from).toBe("C major");
    expect(key_changes[0].to).toBe("Eb major");
    expect(Math.abs(key_changes[0].time_seconds - 24)).toBeLessThan(4);
    if (confidence < 0.7) expect(why_uncertain).toMatch(/key seems to change/);
  });

  test("finds the same key under drums", () => {
    const y = progression(transposed(MINOR, 2), 2, RATE);
    const beat = drums(120, 16, RATE);
    expect(measure(y.map((value, n) => value + beat[n])).key).toEqual({ tonic: "B", mode: "minor" });
  });

  test("gives the same for a quieter signal", () => {
    const y = progression(MAJOR, 1, RATE);
    const [loud, quiet] = [measure(y), measure(y.map((value) => value / 1000))];
    expect(quiet.key).toEqual(loud.key);
    expect(quiet.chords.map(({ label }) => label)).toEqual(loud.chords.map(({ label }) => label));
  });

  test.each([
    ["silence", new Float32Array(5 * RATE), /Nothing sounds/],
    ["no sample", new Float32Array(0), /Nothing sounds/],
    ["two seconds", progression(MAJOR.slice(0, 2), 1, RATE), /lasts 2.00 s/],
    ["drums", drums(112, 12, RATE), /No notes/],
    ["white noise", noise(12 * RATE), /No notes/],
    ["a single tone", sine(440, RATE, 6 * RATE), /1 of the 12 pitch classes/],
  ])("has no key for %s, and says why", (_, y, reason) => {
    const result = measure(y);
    expect([result.key, result.camelot, result.confidence]).toEqual([null, null, 0]);
    expect([result.key_candidates, result.key_changes]).toEqual([[], []]);
    expect(result.why_uncertain).toMatch(reason);
  });

  test.each([
    ["a sine", sine(440, RATE, 10 * RATE)],
    ["a tenth of a second of a sine", sine(440, RATE, RATE / 10)],
    ["two seconds of a cadence", progression(MAJOR.slice(0, 4), 0.5, RATE)],
  ])("names no chord where there is no key: %s", (_, y) => {
    const { key, chords, why_uncertain } = measure(y);
    expect([key, chords]).toEqual([null, []]);
    expect(why_uncertain).toMatch(/pitch classes|a key needs|No notes/);
  });

  test("has neither tuning nor chords for drums and noise", () => {
    for (const y of [drums(112, 12, RATE), noise(12 * RATE)]) {
      const { tuning_cents, chords } = measure(y);
      expect([tuning_cents, chords]).toEqual([null, []]);
    }
  });

  test("says when a rival is as likely", () => {
    const { confidence, why_uncertain } = measure(progression(["A:min", "C:maj", "A:min", "C:maj"], 1.5, RATE));
    expect(confidence).toBeLessThan(0.7);
    expect(why_uncertain).toMatch(/short \(6\.0 s\)/);
  });
});
