import { describe, expect, test } from "vitest";
import { createRealFft } from "../../src/dsp/real-fft.ts";
import { noise } from "../fixtures/signals.ts";

/** The definition, term by term. */
function directDft(y: Float64Array, k: number): [number, number] {
  let real = 0;
  let imaginary = 0;
  for (let n = 0; n < y.length; n++) {
    real += y[n] * Math.cos((2 * Math.PI * k * n) / y.length);
    imaginary -= y[n] * Math.sin((2 * Math.PI * k * n) / y.length);
  }
  return [real, imaginary];
}

describe("createRealFft", () => {
  // Both kinds of half sizes: powers of four, and those that need a radix-2 pass.
  test.each([4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048])("agrees with the definition at %i points", (size) => {
    const fft = createRealFft(size);
    const y = Float64Array.from(noise(size, size));
    const real = new Float64Array(fft.bins);
    const imaginary = new Float64Array(fft.bins);
    fft.forward(y, real, imaginary);
    const step = Math.max(1, Math.floor(size / 64));
    for (let k = 0; k < fft.bins; k += step) {
      const [expectedReal, expectedImaginary] = directDft(y, k);
      expect(Math.abs(real[k] - expectedReal)).toBeLessThan(1e-10 * size);
      expect(Math.abs(imaginary[k] - expectedImaginary)).toBeLessThan(1e-10 * size);
    }
  });

  test("puts an impulse into every bin and a constant into the first", () => {
    const fft = createRealFft(16);
    const real = new Float64Array(fft.bins);
    const imaginary = new Float64Array(fft.bins);
    fft.forward(
      Float64Array.from({ length: 16 }, (_, n) => Number(n === 0)),
      real,
      imaginary,
    );
    for (const value of real) expect(value).toBeCloseTo(1, 12);
    fft.forward(new Float64Array(16).fill(1), real, imaginary);
    expect(Array.from(real, (value) => Math.round(value * 1e9) / 1e9 + 0)).toEqual([16, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("keeps the energy (Parseval) and leaves its input alone", () => {
    const fft = createRealFft(2048);
    const y = Float64Array.from(noise(2048));
    const before = y.slice();
    const real = new Float64Array(fft.bins);
    const imaginary = new Float64Array(fft.bins);
    fft.forward(y, real, imaginary);
    let energy = 0;
    for (let k = 0; k < fft.bins; k++) {
      energy += (k === 0 || k === fft.bins - 1 ? 1 : 2) * (real[k] ** 2 + imaginary[k] ** 2);
    }
    const expected = y.reduce((sum, value) => sum + value * value, 0);
    expect(energy / 2048 / expected).toBeCloseTo(1, 12);
    expect(y).toEqual(before);
  });

  test.each([0, 2, 3, 100])("refuses %i points", (size) => {
    expect(() => createRealFft(size)).toThrow(/power of two/);
  });
});
