import { describe, expect, test } from "vitest";
import { frameAt, metricalLevels } from "../../src/dsp/metrical-levels.ts";
import { activationOf, pulse } from "./activations.ts";

const RANGE = { minBpm: 40, maxBpm: 240 };

/** Levels of a track at `trackBpm` where the beats sound at the times given and the downbeats at every fourth. */
function levelsOf(times: readonly number[], trackBpm: number, trackStart = 0) {
  const downbeats = times.filter((_, index) => index % 4 === 0);
  const activations = {
    beat: activationOf(times, 30),
    downbeat: activationOf(downbeats, 30),
    change: new Float32Array(1500),
  };
  const frames = pulse(trackBpm, 30, trackStart).map((time) => Math.round(50 * time));
  return { frames, levels: metricalLevels(activations, frames, trackBpm, RANGE) };
}

describe("metricalLevels", () => {
  test("keeps the level where every beat of the track sounds", () => {
    const { frames, levels } = levelsOf(pulse(120, 30), 120);
    expect(levels[0].bpm).toBe(120);
    expect(levels[0].places.map((place) => frameAt(frames, place))).toEqual(frames);
    expect(levels.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
  });

  test("halves a track of which every other beat sounds, and begins on one that does", () => {
    const truth = pulse(90, 30, 60 / 180);
    const { frames, levels } = levelsOf(truth, 180);
    expect(levels[0].bpm).toBe(90);
    for (const [index, time] of truth.entries()) {
      expect(Math.abs(frameAt(frames, levels[0].places[index]) / 50 - time)).toBeLessThanOrEqual(0.03);
    }
  });

  test("doubles a track between whose beats others sound as clearly", () => {
    expect(levelsOf(pulse(120, 30), 60).levels[0].bpm).toBe(120);
  });

  test("moves a track that stands between the beats", () => {
    const { frames, levels } = levelsOf(pulse(120, 30), 120, 0.25);
    expect(levels[0].bpm).toBe(120);
    expect((frameAt(frames, levels[0].places[0]) / 25) % 1).toBeCloseTo(0, 1);
  });

  test("leaves out levels half of whose beats are not heard at all", () => {
    expect(levelsOf(pulse(60, 30), 60).levels.map(({ bpm }) => bpm)).not.toContain(120);
    expect(levelsOf(pulse(120, 30), 120).levels.map(({ bpm }) => bpm)).toContain(60);
  });

  test("counts only within the range, but for the track itself", () => {
    const frames = pulse(120, 30).map((time) => Math.round(50 * time));
    const beat = activationOf(pulse(120, 30), 30, 0.9, 0.3);
    const levels = metricalLevels({ beat, downbeat: beat, change: new Float32Array(beat.length) }, frames, 120, {
      minBpm: 150,
      maxBpm: 200,
    });
    expect(levels.map(({ bpm }) => bpm).sort((a, b) => a - b)).toEqual([120, 180]);
  });
});
