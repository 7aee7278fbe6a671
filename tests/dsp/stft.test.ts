import { expect, test } from "vitest";
import { openStft, reflectPad, resynthesise } from "../../src/dsp/stft.ts";
import { noise, sine } from "../fixtures/signals.ts";

test.each([
  [4096, 1024],
  [6144, 1024],
  [512, 128],
])("gives a signal back from its spectra (nFft %i, hop %i)", (nFft, hop) => {
  const y = noise(20 * hop + nFft, 3);
  const stft = openStft(nFft, hop);
  const back = resynthesise(stft, stft.analyse(y, 21));
  expect(back.length).toBe(y.length);
  // The very first sample has a window of 0.
  for (let n = hop; n < y.length - hop; n++) expect(Math.abs(back[n] - y[n])).toBeLessThan(1e-6);
});

test("finds a sine in its bin, with half the window's sum as magnitude", () => {
  const stft = openStft(1024, 256);
  const spectrogram = stft.analyse(sine((44_100 * 32) / 1024, 44_100, 4096, 1), 4);
  const cell = 2 * stft.bins + 32;
  expect(Math.hypot(spectrogram.real[cell], spectrogram.imaginary[cell])).toBeCloseTo(256, 3);
});

test("takes what lies beyond the end as silence", () => {
  const { real, imaginary } = openStft(64, 16).analyse(new Float32Array(10).fill(1), 3);
  expect(real.length).toBe(3 * 33);
  expect(real.subarray(33).some((value) => value !== 0)).toBe(false);
  expect(imaginary.subarray(33).some((value) => value !== 0)).toBe(false);
});

test("mirrors a signal at its ends without repeating them", () => {
  expect([...reflectPad(Float32Array.of(1, 2, 3, 4), 2, 3)]).toEqual([3, 2, 1, 2, 3, 4, 3, 2, 1]);
});
