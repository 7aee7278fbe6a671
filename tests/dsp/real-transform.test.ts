import { describe, expect, test } from "vitest";
import { createRealTransform } from "../../src/dsp/real-transform.ts";
import { noise } from "../fixtures/signals.ts";

describe.each([16, 12, 48, 96, 256, 6144])("a transform of %i samples", (size) => {
  const y = Float64Array.from(noise(size));
  const transform = createRealTransform(size);
  const real = new Float64Array(transform.bins);
  const imaginary = new Float64Array(transform.bins);
  transform.forward(y, real, imaginary);

  test("agrees with the sum that defines it", () => {
    const bins = size > 1000 ? [0, 1, 1023, 1024, 1025, 2048, 3071, 3072] : Array.from(real.keys());
    for (const k of bins) {
      let [re, im] = [0, 0];
      for (let n = 0; n < size; n++) {
        const angle = (2 * Math.PI * ((k * n) % size)) / size;
        re += y[n] * Math.cos(angle);
        im -= y[n] * Math.sin(angle);
      }
      expect(real[k]).toBeCloseTo(re, 9);
      expect(imaginary[k]).toBeCloseTo(im, 9);
    }
  });

  test("comes back by its inverse", () => {
    const back = new Float64Array(size);
    transform.inverse(real, imaginary, back);
    for (const [n, value] of back.entries()) expect(value).toBeCloseTo(y[n], 12);
  });
});

test("refuses lengths that are neither 2^n nor 3 · 2^n", () => {
  for (const size of [0, 6, 20, 36]) expect(() => createRealTransform(size)).toThrow(RangeError);
});
