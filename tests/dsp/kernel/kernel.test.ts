import { describe, expect, test } from "vitest";
import { openKernel } from "../../../src/dsp/kernel/kernel.ts";
import { noise } from "../../fixtures/signals.ts";
import { referenceShape } from "../reference/spectra.ts";

describe("openKernel", () => {
  test("gives arrays of zeros that do not overlap and are aligned, and refuses more than its memory", () => {
    const kernel = openKernel();
    const [a, b, c] = [kernel.floats(3), kernel.integers(5), kernel.doubles(2)];
    for (const array of [a, b, c]) {
      expect(array.byteOffset % 16).toBe(0);
      expect(array.every((value) => value === 0)).toBe(true);
    }
    expect(b.byteOffset - a.byteOffset).toBeGreaterThanOrEqual(12 + 64);
    expect(c.byteOffset - b.byteOffset).toBeGreaterThanOrEqual(20 + 64);
    expect(() => kernel.floats(3_000_000)).toThrow(RangeError);
  });

  test("gives every instance memory of its own, and takes many instances", () => {
    const kernels = Array.from({ length: 200 }, openKernel);
    kernels.forEach((kernel, index) => {
      kernel.floats(4).fill(index);
    });
    expect(openKernel().floats(4)[0]).toBe(0);
  });
});

/** A kernel's array that holds the values. */
function placed(kernel: ReturnType<typeof openKernel>, values: ArrayLike<number>): Float32Array {
  const array = kernel.floats(values.length);
  array.set(values);
  return array;
}

describe("mix", () => {
  test("scales what it limits, and writes or adds", () => {
    const kernel = openKernel();
    const source = placed(kernel, [1, -3, 3e38, -3e38, 0.25, 0, -0.5, 2]);
    const target = placed(kernel, [1, 1, 1, 1, 1, 1, 1, 1]);
    kernel.functions.mix(source.byteOffset, target.byteOffset, 8, 0.5, 2, 1);
    expect([...target]).toEqual([1.5, 0, 2, 0, 1.125, 1, 0.75, 2]);
    kernel.functions.mix(source.byteOffset, target.byteOffset, 8, 0.5, 2, 0);
    expect([...target]).toEqual([0.5, -1, 1, -1, 0.125, 0, -0.25, 1]);
  });
});

test.each([2, 3, 5])("deinterleave deals samples out to %i streams", (streams) => {
  const kernel = openKernel();
  const source = placed(kernel, noise(streams * 8));
  const target = kernel.floats(streams * 16);
  kernel.functions.deinterleave(source.byteOffset, target.byteOffset, 4 * 16, streams, 8);
  for (let stream = 0; stream < streams; stream++) {
    for (let n = 0; n < 8; n++) expect(target[stream * 16 + n]).toBe(source[n * streams + stream]);
  }
});

test("fir adds the filtered signal, each output in the same way wherever it stands", () => {
  const kernel = openKernel();
  const source = placed(kernel, noise(200));
  const coefficients = placed(kernel, noise(37, 2));
  const target = placed(kernel, new Float32Array(100).fill(1));
  kernel.functions.fir(source.byteOffset, coefficients.byteOffset, 37, target.byteOffset, 100);
  for (let m = 0; m < 100; m++) {
    const expected = coefficients.reduce((sum, weight, tap) => sum + weight * source[m + tap], 1);
    expect(Math.abs(target[m] - expected)).toBeLessThan(2e-6);
  }
  const shifted = placed(kernel, new Float32Array(100).fill(1));
  kernel.functions.fir(source.byteOffset + 4 * 7, coefficients.byteOffset, 37, shifted.byteOffset, 50);
  expect(shifted.slice(0, 50)).toEqual(target.slice(7, 57));
});

test("decibels are within 2e-5 dB over the range of powers, floored, and the greatest is returned", () => {
  const kernel = openKernel();
  const powers = Array.from({ length: 4000 }, (_, n) => 10 ** (-12 + n / 200));
  const values = placed(kernel, powers);
  const greatest = kernel.functions.decibels(values.byteOffset, 4000, 1e-10);
  values.forEach((value, n) => {
    expect(Math.abs(value - 10 * Math.log10(Math.max(Math.fround(powers[n]), 1e-10)))).toBeLessThan(2e-5);
  });
  expect(greatest).toBe(Math.max(...values));
});

test("raise lifts what lies below the floor", () => {
  const kernel = openKernel();
  const values = placed(kernel, [-90, -70, 0, -71]);
  kernel.functions.raise(values.byteOffset, 4, -70);
  expect([...values]).toEqual([-70, -70, 0, -70]);
});

describe("spectralShape", () => {
  test.each([17, 129, 1025, 2049])("agrees with double precision over %i bins", (bins) => {
    const kernel = openKernel();
    const rows = [1, 1e-3, 0, 1e9].map((scale, seed) => noise(bins, seed + 1).map((value) => scale * value * value));
    const power = placed(
      kernel,
      rows.flatMap((row) => [...row]),
    );
    const scratch = kernel.floats(2 * bins);
    const values = kernel.doubles(4 * 6);
    kernel.functions.spectralShape(power.byteOffset, 4, bins, 0.85, 1e-10, scratch.byteOffset, values.byteOffset);
    rows.forEach((row, frame) => {
      const { centroid, bandwidth, rolloff, meanLog, mean, sum } = referenceShape(row);
      const expected = [centroid, bandwidth, rolloff, meanLog, mean, sum];
      expected.forEach((value, index) => {
        expect(Math.abs(values[frame * 6 + index] - value)).toBeLessThan(1e-6 * Math.abs(value) + 1e-6);
      });
    });
  });
});
