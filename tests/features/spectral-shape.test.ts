import { describe, expect, test } from "vitest";
import { BIN_HZ } from "../../src/features/power-spectrogram.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { extract, stagesOf } from "./extract.ts";

const RATE = 22_050;
const shapeOf = (y: Float32Array) => extract([y], RATE, ["spectralShape"]).spectralShape;

describe("spectralShape", () => {
  test("follows librosa's formulas in every frame", () => {
    const y = noise(6000).map((value, n) => value * (n / 6000) + 0.3 * Math.sin(n / 3));
    const shape = shapeOf(y);
    const { power } = stagesOf([y], RATE);
    expect(power.length).toBe(12);
    power.forEach((row, frame) => {
      const magnitude = Array.from(row, Math.sqrt);
      const total = magnitude.reduce((sum, value) => sum + value, 0);
      const share = magnitude.map((value) => value / total);
      const centroid = share.reduce((sum, value, k) => sum + value * k * BIN_HZ, 0);
      const variance = share.reduce((sum, value, k) => sum + value * (k * BIN_HZ - centroid) ** 2, 0);
      const upTo = (bin: number) => share.slice(0, bin + 1).reduce((sum, value) => sum + value, 0);
      const rolloff = share.findIndex((_, bin) => upTo(bin) >= 0.85) * BIN_HZ;
      const floored = Array.from(row, (value) => Math.max(value, 1e-10));
      const logMean = floored.reduce((sum, value) => sum + Math.log(value), 0) / row.length;
      const flatness = Math.exp(logMean) / (floored.reduce((sum, value) => sum + value, 0) / row.length);
      expect(shape.centroidHz[frame]).toBeCloseTo(centroid, 2);
      expect(shape.bandwidthHz[frame]).toBeCloseTo(Math.sqrt(variance), 2);
      expect(shape.rolloffHz[frame]).toBeCloseTo(rolloff, 2);
      expect(shape.flatness[frame]).toBeCloseTo(flatness, 6);
    });
  });

  test("has the level of a full-scale sine at -3.01 dBFS, and of half of it 6.02 lower", () => {
    for (const [amplitude, expected] of [
      [1, -3.01],
      [0.5, -9.03],
    ]) {
      const { energyDbfs } = shapeOf(sine(1000, RATE, 10_000, amplitude));
      expect(Math.abs(energyDbfs[9] - expected)).toBeLessThan(0.02);
    }
  });

  test("has an even spectrum for an impulse: centroid at the middle, flatness 1", () => {
    const y = new Float32Array(4096);
    y[2048] = 1;
    const shape = shapeOf(y);
    expect(shape.centroidHz[4]).toBeCloseTo(RATE / 4, 2);
    expect(shape.flatness[4]).toBeCloseTo(1, 5);
    expect(shape.rolloffHz[4]).toBeCloseTo(Math.ceil(0.85 * 1025 - 1) * BIN_HZ, 2);
  });

  test("keeps librosa's values for silence", () => {
    const shape = shapeOf(new Float32Array(3000));
    expect(shape.centroidHz[2]).toBe(0);
    expect(shape.bandwidthHz[2]).toBe(0);
    expect(shape.rolloffHz[2]).toBe(0);
    expect(shape.flatness[2]).toBeCloseTo(1, 6);
    expect(shape.energyDbfs[2]).toBe(Number.NEGATIVE_INFINITY);
  });

  test("stays finite for samples near the greatest float", () => {
    const shape = shapeOf(noise(3000, 1, 3e38));
    for (const values of Object.values(shape)) expect(values.every(Number.isFinite)).toBe(true);
  });
});
