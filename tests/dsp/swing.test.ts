import { describe, expect, test } from "vitest";
import { swingRatio } from "../../src/dsp/swing.ts";
import { noise } from "../fixtures/signals.ts";

const beats = Array.from({ length: 33 }, (_, index) => 0.5 * index);

/** Onsets on every beat and at the given shares of it, inexact by up to 8 ms. */
function onsetsAt(...shares: number[]): number[] {
  const all = beats.flatMap((beat) => [0, ...shares].map((share) => beat + 0.5 * share));
  const deviations = noise(all.length, 2, 0.008);
  return all.map((time, index) => time + deviations[index]);
}

describe("swingRatio", () => {
  test.each([
    ["straight eighths", 1 / 2, 1],
    ["light swing", 0.6, 1.5],
    ["triplets", 2 / 3, 2],
    ["a dotted rhythm", 3 / 4, 3],
  ])("measures %s", (_, share, ratio) => {
    const measured = swingRatio(beats, onsetsAt(share)) ?? 0;
    expect(Math.abs(Math.log(measured / ratio))).toBeLessThan(0.05);
  });

  test("has none without off-beats, and where all sixteenths or triplets are played", () => {
    expect(swingRatio(beats, onsetsAt())).toBeNull();
    expect(swingRatio(beats, onsetsAt(1 / 4, 1 / 2, 3 / 4))).toBeNull();
    expect(swingRatio(beats, onsetsAt(1 / 3, 2 / 3))).toBeNull();
    expect(swingRatio([], [])).toBeNull();
    expect(swingRatio(beats.slice(0, 6), onsetsAt(0.5))).toBeNull();
  });

  test("has none where off-beats stand anywhere", () => {
    const places = noise(beats.length, 4, 0.17);
    expect(
      swingRatio(
        beats,
        beats.flatMap((beat, index) => [beat, beat + 0.5 * (0.6 + places[index])]),
      ),
    ).toBeNull();
  });
});
