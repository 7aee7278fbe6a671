import { describe, expect, test } from "vitest";
import { openPairSpectra } from "../../src/dsp/pair-spectra.ts";
import { createRealFft } from "../../src/dsp/real-fft.ts";
import { hannWindow } from "../../src/dsp/windows.ts";
import { noise, sine } from "../fixtures/signals.ts";

/** The spectrum of a windowed frame in double precision. */
function referenceSpectrum(y: Float32Array) {
  const fft = createRealFft(y.length);
  const [real, imaginary] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
  const window = hannWindow(y.length);
  fft.forward(
    Float64Array.from(y, (value, n) => value * window[n]),
    real,
    imaginary,
  );
  return { real, imaginary };
}

describe("openPairSpectra", () => {
  test.each([512, 1024, 16_384])("agrees with double precision in frames of %i samples", (size) => {
    const spectra = openPairSpectra(size);
    const frames = [
      [noise(size, 1), sine(1000, 44_100, size)],
      [noise(size, 2), noise(size, 3, 1e-3)],
    ];
    const bins = size / 2 + 1;
    const expected = { leftPower: 0, rightPower: 0, crossReal: 0, crossImaginary: 0 };
    const checked = Math.floor(bins / 3);
    for (const [left, right] of frames) {
      spectra.left.set(left);
      spectra.right.set(right);
      spectra.run();
      const [l, r] = [referenceSpectrum(left), referenceSpectrum(right)];
      expected.leftPower += l.real[checked] ** 2 + l.imaginary[checked] ** 2;
      expected.rightPower += r.real[checked] ** 2 + r.imaginary[checked] ** 2;
      expected.crossReal += l.real[checked] * r.real[checked] + l.imaginary[checked] * r.imaginary[checked];
      expected.crossImaginary += l.imaginary[checked] * r.real[checked] - l.real[checked] * r.imaginary[checked];
      const greatest = Math.max(...l.real.map((re, bin) => re * re + l.imaginary[bin] ** 2));
      for (let bin = 0; bin < bins; bin++) {
        const power = l.real[bin] ** 2 + l.imaginary[bin] ** 2;
        expect(Math.abs(spectra.leftPower[bin] - power)).toBeLessThan(2e-6 * greatest);
      }
    }
    for (const [name, value] of Object.entries(expected)) {
      const sum = spectra.sums[name as keyof typeof expected][checked];
      expect(Math.abs(sum - value)).toBeLessThan(1e-5 * size);
    }
  });

  test("keeps what lies 130 dB below a sine apart from rounding", () => {
    const size = 16_384;
    const spectra = openPairSpectra(size);
    spectra.left.set(sine((100 * 44_100) / size, 44_100, size, 1));
    spectra.run();
    const floor = spectra.leftPower.subarray(1000).reduce((most, power) => Math.max(most, power), 0);
    expect(10 * Math.log10(floor / ((size * size) / 16))).toBeLessThan(-150);
  });

  test("stays finite for samples near the greatest float, which count as 120 dB above full scale", () => {
    const size = 1024;
    const [spectra, limited] = [openPairSpectra(size), openPairSpectra(size)];
    const y = noise(size, 1, 3e38);
    for (const { left, right } of [spectra, limited]) for (const frame of [left, right]) frame.set(y);
    for (const frame of [limited.left, limited.right])
      frame.set(y.map((value) => Math.max(-1e6, Math.min(1e6, value))));
    for (const { run } of [spectra, limited]) run();
    expect(spectra.leftPower.every(Number.isFinite)).toBe(true);
    expect(spectra.sums.crossReal.every(Number.isFinite)).toBe(true);
    expect(spectra.leftPower).toEqual(limited.leftPower);
  });

  test("has room for the longest frames", () => {
    expect(() => openPairSpectra(2 ** 18)).not.toThrow();
  });
});
