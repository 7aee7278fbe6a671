import { describe, expect, test } from "vitest";
import { sureBeats } from "../../src/agents/sure-beats.ts";
import { extract } from "../features/extract.ts";
import { noise } from "../fixtures/signals.ts";
import { drums } from "./rhythm-signals.ts";

const RATE = 22_050;
const beatsOf = (y: Float32Array) => sureBeats(extract([y], RATE, ["onsetStrength"]).onsetStrength, y.length / RATE);

describe("sureBeats", () => {
  test("gives the beats of a clear pulse", () => {
    const beats = beatsOf(drums(120, 20, RATE));
    expect(beats.length).toBeGreaterThan(35);
    for (const beat of beats) expect(Math.abs(beat * 2 - Math.round(beat * 2))).toBeLessThan(0.1);
  });

  test("gives none where there is none", () => {
    expect(beatsOf(noise(10 * RATE))).toEqual([]);
    expect(beatsOf(new Float32Array(10 * RATE))).toEqual([]);
  });
});
