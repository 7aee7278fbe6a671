import { expect, test } from "vitest";
import { createRealFft } from "../../src/dsp/real-fft.ts";
import { spectralPeaks } from "../../src/dsp/spectral-peaks.ts";
import { hannWindow } from "../../src/dsp/windows.ts";
import { noise } from "../fixtures/signals.ts";

const SIZE = 2048;

function powerOf(sample: (n: number) => number): Float64Array {
  const fft = createRealFft(SIZE);
  const window = hannWindow(SIZE);
  const real = new Float64Array(fft.bins);
  const imaginary = new Float64Array(fft.bins);
  fft.forward(
    Float64Array.from({ length: SIZE }, (_, n) => window[n] * sample(n)),
    real,
    imaginary,
  );
  return real.map((value, k) => value * value + imaginary[k] * imaginary[k]);
}

const wave = (bin: number, amplitude: number) => (n: number) => amplitude * Math.sin((2 * Math.PI * bin * n) / SIZE);

test("finds lines between bins, strongest first, with their levels", () => {
  const parts = [wave(40.3, 0.1), wave(100.5, 1), wave(200, 0.01)];
  const peaks = spectralPeaks(
    powerOf((n) => parts.reduce((sum, part) => sum + part(n), 0)),
    2,
    8,
  );
  expect(peaks.length).toBe(3);
  for (const [index, bin] of [100.5, 40.3, 200].entries()) expect(Math.abs(peaks[index].bin - bin)).toBeLessThan(0.05);
  expect(Math.abs(peaks[1].db - peaks[0].db + 20)).toBeLessThan(0.6);
  expect(Math.abs(peaks[2].db - peaks[0].db + 40)).toBeLessThan(0.6);
});

test("finds none in silence and in an even noise floor", () => {
  expect(spectralPeaks(new Float64Array(1025), 2, 8)).toEqual([]);
  expect(
    spectralPeaks(
      Float64Array.from(noise(1025), (value) => 10 + value),
      2,
      8,
    ),
  ).toEqual([]);
});

test("returns no more than asked for and nothing below the first bin", () => {
  const power = powerOf((n) => [20, 60, 100, 140].reduce((sum, bin) => sum + wave(bin, 1)(n), 0));
  expect(spectralPeaks(power, 30, 8).length).toBe(3);
  expect(spectralPeaks(power, 2, 2).length).toBe(2);
});
