import { describe, expect, test } from "vitest";
import { chromagramOf, meanChroma } from "../../src/agents/chromagram.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { progression } from "./tonal-signals.ts";

const RATE = 22_050;
const of = (y: Float32Array) => chromagramOf(extract([y], RATE, ["pitchSpectrum"]).pitchSpectrum);
const hzOf = (midi: number) => 440 * 2 ** ((midi - 69) / 12);

describe("chromagramOf", () => {
  test.each([43, 57, 62, 70])("puts a sine at its pitch class, in the bass only where it is low: %i", (midi) => {
    const { harmony, bass, mean } = of(sine(hzOf(midi), RATE, RATE));
    expect(mean[midi % 12]).toBe(1);
    expect(mean.reduce((sum, value) => sum + value, 0)).toBeLessThan(1.3);
    expect(harmony[24 + (midi % 12)]).toBeGreaterThan(0);
    expect(bass[24 + (midi % 12)] > 0).toBe(midi < 54);
  });

  test("follows the tuning", () => {
    const { mean, inTune } = of(sine(hzOf(69.4), RATE, RATE));
    expect(mean[9]).toBe(1);
    expect(inTune).toBeGreaterThan(1.4);
  });

  test("tells notes from noise by what lies in tune", () => {
    expect(of(noise(10 * RATE)).inTune).toBeLessThan(1.2);
    expect(of(progression(["C:maj", "G:maj"], 2, RATE)).inTune).toBeGreaterThan(1.4);
  });

  test("marks the quiet frames, and is all zero in silence", () => {
    const y = new Float32Array(4 * RATE);
    y.set(sine(440, RATE, 2 * RATE));
    const { audible, frames } = of(y);
    expect([audible[2], audible[frames - 1]]).toEqual([1, 0]);
    const silent = of(new Float32Array(RATE));
    expect(silent.mean.every((value) => value === 0)).toBe(true);
    expect(silent.audible.includes(1)).toBe(false);
  });
});

test("meanChroma weighs loud and soft frames alike and leaves out those that do not sound", () => {
  const harmony = new Float64Array(36);
  [harmony[0], harmony[12 + 5], harmony[24 + 7]] = [100, 1, 50];
  expect([...meanChroma(harmony, Uint8Array.of(1, 1, 0), 0, 3)]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
});
