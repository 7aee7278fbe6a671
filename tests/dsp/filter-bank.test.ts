import { describe, expect, test } from "vitest";
import { type Filter, openFilterBank } from "../../src/dsp/filter-bank.ts";
import { openKernel } from "../../src/dsp/kernel/kernel.ts";
import { melFilters } from "../../src/dsp/mel-filter-bank.ts";
import { noise } from "../fixtures/signals.ts";
import { referenceBands } from "./reference/spectra.ts";

/** Every band of every frame is within 1e-6 of the sum of its absolute terms. */
function expectBands(filters: readonly Filter[], rowLength: number, frames: number): void {
  const bank = openFilterBank(openKernel(), filters, rowLength, 16);
  bank.rows.set(noise(frames * rowLength));
  bank.apply(frames);
  const absoluteFilters = filters.map(({ first, weights }) => ({ first, weights: Array.from(weights, Math.abs) }));
  for (let frame = 0; frame < frames; frame++) {
    const row = bank.rows.slice(frame * rowLength, (frame + 1) * rowLength);
    const expected = referenceBands(row, filters);
    const absolute = referenceBands(row.map(Math.abs), absoluteFilters);
    expected.forEach((value, band) => {
      const bound = 1e-6 * absolute[band];
      expect(Math.abs(bank.bands[frame * filters.length + band] - value)).toBeLessThanOrEqual(bound);
    });
  }
}

describe("openFilterBank", () => {
  test.each([1, 4, 7, 16])("agrees with double precision on %i frames of a mel bank", (frames) => {
    expectBands(melFilters(22_050, 2048, 128, 0, 11_025), 1025, frames);
  });

  test("takes empty filters, whole rows, and filters at both ends of a row that is no multiple of 4", () => {
    const filters = [
      { first: 0, weights: [] },
      { first: 0, weights: [1] },
      { first: 12, weights: [0.5] },
      { first: 0, weights: noise(12) },
      { first: 1, weights: noise(12, 2) },
      { first: 9, weights: [1, 2, 3] },
      { first: 5, weights: [1, -1, 1, -1, 1] },
      { first: 13, weights: [] },
    ];
    expectBands(filters, 13, 5);
  });

  test("refuses filters that do not fit, and numbers that are no multiples of 4", () => {
    const kernel = openKernel();
    const four = (filter: Filter) => Array.from({ length: 4 }, () => filter);
    expect(() => openFilterBank(kernel, [{ first: 0, weights: [1] }], 8, 4)).toThrow(/multiples of 4/);
    expect(() => openFilterBank(kernel, four({ first: 0, weights: [1] }), 8, 6)).toThrow(/multiples of 4/);
    expect(() => openFilterBank(kernel, four({ first: 7, weights: [1, 1] }), 8, 4)).toThrow(/does not fit/);
    expect(() => openFilterBank(kernel, four({ first: 0, weights: [1, 1, 1] }), 3, 4)).toThrow(/does not fit/);
    const bank = openFilterBank(kernel, four({ first: 0, weights: [1] }), 8, 4);
    expect(() => bank.apply(5)).toThrow(/room for 4/);
  });
});
