import { describe, expect, test } from "vitest";
import { CONTRAST_BANDS } from "../../src/features/spectral-contrast.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { extract, stagesOf } from "./extract.ts";

const RATE = 22_050;
const contrastOf = (y: Float32Array) => extract([y], RATE, ["spectralContrast"]).spectralContrast;

/** librosa 0.11's rule, step by step, on magnitudes `[frame][bin]`. */
function referenceContrast(magnitudes: readonly number[][]): number[] {
  const edges = [0, 200, 400, 800, 1600, 3200, 6400, 12_800];
  const peaks: number[] = [];
  const valleys: number[] = [];
  for (const row of magnitudes) {
    for (let k = 0; k < 7; k++) {
      const inBand = row.map((_, bin) => {
        const hz = (bin * RATE) / 2048;
        return hz >= edges[k] && hz <= edges[k + 1];
      });
      if (k > 0) inBand[inBand.indexOf(true) - 1] = true;
      const band = row.filter((_, bin) => inBand[bin]);
      const count = Math.max(1, Math.round(0.02 * band.length));
      const sorted = (k < 6 ? band.slice(0, -1) : band).sort((a, b) => a - b);
      const decibels = (values: number[]) =>
        10 * Math.log10(Math.max(1e-10, values.reduce((sum, value) => sum + value, 0) / values.length));
      valleys.push(decibels(sorted.slice(0, count)));
      peaks.push(decibels(sorted.slice(-count)));
    }
  }
  const limited = (values: number[]) => {
    const floor = Math.max(...values) - 80;
    return values.map((value) => Math.max(value, floor));
  };
  const raised = limited(valleys);
  return limited(peaks).map((peak, index) => peak - raised[index]);
}

describe("spectralContrast", () => {
  test.each([
    ["noise that grows", noise(12_000).map((value, n) => (value * n) / 12_000)],
    ["a tone over noise", sine(700, RATE, 12_000).map((value, n) => value + 0.01 * noise(12_000)[n])],
    ["noise after silence", noise(12_000).fill(0, 0, 6000)],
  ])("follows librosa's rule in %s", (_name, y) => {
    const { contrastDb, frames } = contrastOf(y);
    const { power } = stagesOf([y], RATE);
    const expected = referenceContrast(power.map((row) => Array.from(row, Math.sqrt)));
    expect(frames).toBe(24);
    expect(contrastDb.length).toBe(expected.length);
    for (const [index, value] of expected.entries()) expect(Math.abs(contrastDb[index] - value)).toBeLessThan(1e-4);
  });

  test("is high where a line stands alone, and low in noise", () => {
    const hiss = noise(RATE, 1, 0.01);
    const { contrastDb } = contrastOf(sine(1000, RATE, RATE).map((value, n) => value + hiss[n]));
    const frame = contrastDb.subarray(20 * CONTRAST_BANDS, 21 * CONTRAST_BANDS);
    expect(frame[3]).toBeGreaterThan(30);
    for (const band of [5, 6]) expect(frame[band]).toBeLessThan(20);
  });

  test("is 0 in silence", () => {
    const { contrastDb, frames } = contrastOf(new Float32Array(3000));
    expect(frames).toBe(6);
    expect(contrastDb.every((value) => value === 0)).toBe(true);
  });
});
