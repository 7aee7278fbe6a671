import { describe, expect, test } from "vitest";
import { melToHz } from "../../src/dsp/mel-filter-bank.ts";
import { MEL_BANDS } from "../../src/features/mel-spectrogram.ts";
import { BIN_HZ, BINS, HOP_LENGTH, N_FFT } from "../../src/features/power-spectrogram.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { extract, stagesOf } from "./extract.ts";

const RATE = 22_050;

describe("monoSignal", () => {
  test("is the mean of the channels", () => {
    const [left, right] = [noise(3000, 1), noise(3000, 2)];
    const { mono } = stagesOf([left, right], RATE);
    expect(mono.length).toBe(3000);
    for (let n = 0; n < 3000; n++) expect(mono[n]).toBe(Math.fround((left[n] + right[n]) / 2));
  });

  test("brings any rate to 22.05 kHz", () => {
    for (const rate of [8000, 48_000, 192_000]) expect(stagesOf([noise(rate / 4)], rate).mono.length).toBe(5513);
  });
});

describe("powerSpectrogram", () => {
  test.each([1, 511, 512, 513, 2048, 5120])("has 1 + floor(n / 512) frames for %i samples", (length) => {
    expect(stagesOf([noise(length)], RATE).power.length).toBe(1 + Math.floor(length / HOP_LENGTH));
  });

  test("is the squared DFT of centred, zero-padded, windowed frames", () => {
    const y = noise(3000);
    const { power } = stagesOf([y], RATE);
    for (const frame of [0, 2, 5]) {
      for (const bin of [0, 1, 77, 1024]) {
        let real = 0;
        let imaginary = 0;
        for (let n = 0; n < N_FFT; n++) {
          const sample = y[frame * HOP_LENGTH - N_FFT / 2 + n] ?? 0;
          const windowed = sample * Math.sin((Math.PI * n) / N_FFT) ** 2;
          real += windowed * Math.cos((2 * Math.PI * bin * n) / N_FFT);
          imaginary += windowed * Math.sin((2 * Math.PI * bin * n) / N_FFT);
        }
        const expected = real * real + imaginary * imaginary;
        expect(Math.abs(power[frame][bin] / expected - 1)).toBeLessThan(1e-5);
      }
    }
  });

  test("gives 512² for a full-scale sine on a bin", () => {
    const { power } = stagesOf([sine(64 * BIN_HZ, RATE, 8192, 1)], RATE);
    expect(power[8][64] / 512 ** 2).toBeCloseTo(1, 5);
  });
});

describe("melSpectrogram", () => {
  test("has its greatest band at the frequency of a sine", () => {
    const { mel } = stagesOf([sine(2000, RATE, 8192)], RATE);
    const row = mel[8];
    const band = row.indexOf(Math.max(...row));
    const melStep = (15 + Math.log(11.025) / (Math.log(6.4) / 27)) / (MEL_BANDS + 1);
    expect(Math.abs(melToHz(melStep * (band + 1)) - 2000)).toBeLessThan(60);
  });
});

describe("meanPowerSpectrum", () => {
  test("is the mean of the frames", () => {
    const y = noise(4096);
    const { power, frames } = extract([y], RATE, ["meanPowerSpectrum"]).meanPowerSpectrum;
    const rows = stagesOf([y], RATE).power;
    expect(frames).toBe(9);
    expect(power.length).toBe(BINS);
    for (const bin of [0, 10, 1024]) {
      const mean = rows.reduce((sum, row) => sum + row[bin], 0) / 9;
      expect(Math.abs(power[bin] / mean - 1)).toBeLessThan(1e-6);
    }
  });
});
