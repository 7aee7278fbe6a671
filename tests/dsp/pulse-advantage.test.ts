import { expect, test } from "vitest";
import { isBetterThanChance, pulseAdvantage } from "../../src/dsp/pulse-advantage.ts";
import { noise } from "../fixtures/signals.ts";
import { activationOf, FRAMES_PER_SECOND, pulse, unreliable } from "./activations.ts";

const RANGE = { minBpm: 55, maxBpm: 215 };
const advantageOf = (activation: Float32Array) => pulseAdvantage(activation, FRAMES_PER_SECOND, RANGE);

test("a pulse explains its activation better than a shuffled one, a faint and unreliable one too", () => {
  const truth = pulse(110, 30);
  expect(advantageOf(activationOf(truth, 30))).toBeGreaterThan(3);
  expect(advantageOf(unreliable(truth, 30, 0.2, 3).map((chance) => 0.4 * chance))).toBeGreaterThan(0.2);
});

test.each([1, 2, 3, 4])("random peaks have no advantage (%i)", (seed) => {
  const times = [...noise(60, seed, 1)].map((value) => 15 * (value + 1)).sort((a, b) => a - b);
  expect(Math.abs(advantageOf(activationOf(times, 30, 0.4)))).toBeLessThan(0.5);
});

test("a pulse is better than chance, nothing is not", () => {
  expect(isBetterThanChance(activationOf(pulse(90, 20), 20), FRAMES_PER_SECOND, RANGE)).toBe(true);
  expect(isBetterThanChance(new Float32Array(500), FRAMES_PER_SECOND, RANGE)).toBe(false);
  expect(isBetterThanChance(new Float32Array(0), FRAMES_PER_SECOND, RANGE)).toBe(false);
});

test("nothing and silence have none", () => {
  expect(advantageOf(new Float32Array(0))).toBe(0);
  expect(advantageOf(new Float32Array(500))).toBeCloseTo(0, 6);
});
