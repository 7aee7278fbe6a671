import { describe, expect, test } from "vitest";
import { timbre } from "../../src/agents/timbre.ts";
import { DESCRIPTOR_LENGTH, descriptorDistance } from "../../src/agents/timbre-descriptor.ts";
import { CENTRES, SCALES } from "../../src/agents/timbre-descriptor-scales.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { drums } from "./rhythm-signals.ts";
import { progression } from "./tonal-signals.ts";

const RATE = 44_100;
const measure = (channels: Float32Array[], sampleRate = RATE) =>
  timbre.analyse(extract(channels, sampleRate, timbre.needs), {});

/** The descriptor of a signal that sounds. */
function descriptorOf(y: Float32Array, sampleRate = RATE): number[] {
  const { descriptor } = measure([y], sampleRate);
  if (descriptor === null) throw new Error("The signal has no descriptor.");
  return descriptor;
}

describe("timbre", () => {
  test.each([
    [40, "sub"],
    [120, "bass"],
    [350, "low_mid"],
    [1000, "mid"],
    [3000, "high_mid"],
    [5000, "presence"],
    [8000, "brilliance"],
  ] as const)("finds all of a sine at %i Hz in the band %s", (hz, band) => {
    const levels = measure([sine(hz, RATE, 3 * RATE)]).band_levels_db;
    expect(levels?.[band]).toBeGreaterThan(-0.05);
    for (const [name, level] of Object.entries(levels ?? {})) if (name !== band) expect(level).toBeLessThan(-18);
  });

  test("spreads white noise over the bands by their widths", () => {
    const levels = measure([noise(10 * RATE)]).band_levels_db;
    for (const [band, hz] of [
      ["low_mid", 250],
      ["mid", 1500],
      ["high_mid", 2000],
      ["presence", 2000],
      ["brilliance", 4000],
      ["air", 12_050],
    ] as const) {
      expect(Math.abs((levels?.[band] ?? 0) - 10 * Math.log10(hz / 22_030))).toBeLessThan(0.5);
    }
    expect(measure([noise(3 * 16_000)], 16_000).band_levels_db?.air).toBeNull();
  });

  test("has mel levels that add up to the whole, and 13 coefficients", () => {
    const { mel_levels_db, mfcc, spectral_contrast_db } = measure([noise(2 * RATE)]);
    expect(mel_levels_db.length).toBe(24);
    expect(mel_levels_db.reduce((sum, db) => sum + 10 ** (db / 10), 0)).toBeCloseTo(1, 1);
    expect([mfcc?.mean.length, mfcc?.std.length, mfcc?.delta_std.length]).toEqual([13, 13, 13]);
    expect(spectral_contrast_db?.mean.length).toBe(7);
  });

  test("has the energy of its formula", () => {
    // A sine of 1 kHz: no onset after the first, -3.7 LUFS in one channel at full scale, log2(1000 / 500) / 3 of brightness.
    const y = sine(1000, RATE, 20 * RATE, 10 ** (-20 / 20));
    const expected = ((-23 + 40) / 34 + 1 / 3) / 3;
    expect(Math.abs((measure([y]).energy ?? 0) - expected)).toBeLessThan(0.02);
    expect(measure([drums(140, 10, RATE)]).energy).toBeGreaterThan(measure([y]).energy ?? 1);
    expect(measure([sine(1000, RATE, 1000)])).toMatchObject({
      energy: null,
      why_null: expect.stringMatching(/0\.4 s/),
    });
  });

  test("says why silence has nothing", () => {
    expect(measure([new Float32Array(RATE)])).toMatchObject({ descriptor: null, mfcc: null, why_null: /silence/ });
    const y = noise(RATE);
    expect(measure([y, y.map((value) => -value)]).why_null).toMatch(/mono mix/);
  });
});

describe("the descriptor", () => {
  test("has one constant of each kind for each value", () => {
    expect([CENTRES.length, SCALES.length]).toEqual([DESCRIPTOR_LENGTH, DESCRIPTOR_LENGTH]);
    expect(SCALES.every((scale) => scale > 0)).toBe(true);
    expect(descriptorOf(noise(RATE)).length).toBe(DESCRIPTOR_LENGTH);
  });

  test("is the same at another gain, and with pauses", () => {
    const y = drums(120, 8, RATE);
    const padded = new Float32Array(y.length + 5 * RATE);
    padded.set(y, RATE);
    expect(descriptorDistance(descriptorOf(y), descriptorOf(y.map((value) => 0.1 * value)))).toBeLessThan(0.05);
    expect(descriptorDistance(descriptorOf(y), descriptorOf(padded))).toBeLessThan(0.1);
  });

  test("is near for the same instruments playing something else, and far for other instruments", () => {
    const chords = descriptorOf(progression(["C:maj", "G:maj", "A:min", "F:maj"], 2, RATE));
    const others = descriptorOf(progression(["D:min", "Bb:maj", "F:maj", "C:maj"], 1.6, RATE));
    const [slow, fast] = [descriptorOf(drums(100, 8, RATE)), descriptorOf(drums(130, 8, RATE))];
    const apart = descriptorDistance(chords, slow);
    expect(apart).toBeGreaterThan(1);
    expect(descriptorDistance(chords, others)).toBeLessThan(apart / 2);
    expect(descriptorDistance(slow, fast)).toBeLessThan(apart / 2);
  });

  test("has distances that are symmetric, 0 for the same, and refused for other lengths", () => {
    expect(descriptorDistance([1, 2], [1, 2])).toBe(0);
    expect(descriptorDistance([0, 0], [3, 1])).toBe(descriptorDistance([3, 1], [0, 0]));
    expect(descriptorDistance([0, 0], [1, 1])).toBe(1);
    expect(() => descriptorDistance([1], [1, 2])).toThrow(RangeError);
  });
});
