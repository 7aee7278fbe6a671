import { describe, expect, test } from "vitest";
import { openPowerSpectrogram } from "../../src/dsp/power-spectrogram.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { referencePowerSpectrogram } from "./reference/spectra.ts";

function spectrogram(y: Float32Array, nFft: number, hopLength: number, cut = y.length): Float32Array[] {
  const run = openPowerSpectrogram(nFft, hopLength);
  const rows: Float32Array[] = [];
  const bins = nFft / 2 + 1;
  const collect = (power: Float32Array, frames: number) => {
    for (let frame = 0; frame < frames; frame++) rows.push(power.slice(frame * bins, (frame + 1) * bins));
  };
  for (let start = 0; start < y.length; start += cut) {
    const piece = y.subarray(start, start + cut);
    run.push(piece, piece.length, collect);
  }
  run.end(collect);
  return rows;
}

describe("openPowerSpectrogram", () => {
  // Both kinds of half sizes: powers of four, and those that need a radix-2 pass.
  test.each([
    [32, 8],
    [64, 64],
    [128, 50],
    [1024, 256],
    [2048, 512],
    [4096, 441],
    [8192, 2048],
  ])("agrees with double precision for frames of %i samples, %i apart", (nFft, hopLength) => {
    const y = noise(20_000).map((value, n) => value + Math.sin(n / 10));
    const expected = referencePowerSpectrogram(y, nFft, hopLength);
    const rows = spectrogram(y, nFft, hopLength);
    expect(rows.length).toBe(expected.length);
    rows.forEach((row, frame) => {
      const loudest = Math.sqrt(Math.max(...expected[frame]));
      row.forEach((power, bin) => {
        expect(Math.abs(Math.sqrt(power) - Math.sqrt(expected[frame][bin]))).toBeLessThan(2e-6 * loudest);
      });
    });
  });

  test.each([1, 511, 512, 513, 33_000, 70_000])("gives 1 + floor(n / 512) frames for %i samples", (length) => {
    expect(spectrogram(noise(length), 2048, 512).length).toBe(1 + Math.floor(length / 512));
  });

  test("gives (nFft / 4)² for a full-scale sine on a bin, and nothing for nothing", () => {
    const row = spectrogram(sine(64, 1024, 8192, 1), 1024, 256)[16];
    expect(row[64] / 256 ** 2).toBeCloseTo(1, 5);
    expect(spectrogram(new Float32Array(0), 1024, 256)).toEqual([]);
  });

  test.each([1, 1000, 40_000])("gives the same bits from pieces of %i samples as from the whole", (cut) => {
    const y = noise(90_000);
    expect(spectrogram(y, 2048, 512, cut)).toEqual(spectrogram(y, 2048, 512));
  });

  test("stays finite up to 120 dB above full scale", () => {
    for (const row of spectrogram(noise(5000, 1, 1e6), 2048, 512)) expect(row.every(Number.isFinite)).toBe(true);
  });

  test.each([
    [16, 4],
    [1000, 100],
    [1024, 0],
    [1024, 1.5],
  ])("refuses frames of %f samples, %f apart", (nFft, hopLength) => {
    expect(() => openPowerSpectrogram(nFft, hopLength)).toThrow(/power of two/);
  });
});
