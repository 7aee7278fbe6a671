import { describe, expect, test } from "vitest";
import { chromagramOf } from "../../src/agents/chromagram.ts";
import { findKeyChanges } from "../../src/agents/key-changes.ts";
import { extract } from "../features/extract.ts";
import { progression, transposed } from "./tonal-signals.ts";

const RATE = 22_050;
const LOOP = ["C:maj", "A:min", "F:maj", "G:maj", "C:maj", "D:min", "G:maj", "C:maj"];
const changesOf = (y: Float32Array) =>
  findKeyChanges(chromagramOf(extract([y], RATE, ["pitchSpectrum"]).pitchSpectrum));

describe("findKeyChanges", () => {
  test("finds a step up and the way back", () => {
    const up = transposed(LOOP, 2);
    const found = changesOf(progression([...LOOP, ...LOOP, ...up, ...up, ...LOOP, ...LOOP], 1.5, RATE));
    expect(found.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [2, 0],
    ]);
    expect(Math.abs(found[0].timeSeconds - 24)).toBeLessThan(4);
    expect(Math.abs(found[1].timeSeconds - 48)).toBeLessThan(4);
  });

  test("does not take a foreign chord for a key", () => {
    expect(changesOf(progression([...LOOP, "E:maj", "A:min", ...LOOP], 1.5, RATE))).toEqual([]);
  });

  test("has none in what is too short, or silent", () => {
    for (const seconds of [0, 1, 3, 20]) expect(changesOf(new Float32Array(seconds * RATE))).toEqual([]);
  });
});
