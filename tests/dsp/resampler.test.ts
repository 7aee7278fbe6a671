import { describe, expect, test } from "vitest";
import { openKernel } from "../../src/dsp/kernel/kernel.ts";
import { openResampler } from "../../src/dsp/resampler.ts";
import { noise } from "../fixtures/signals.ts";
import { referenceResample } from "./reference/resampler.ts";

const OUTPUT_RATE = 22_050;

function resample(y: ArrayLike<number>, inputRate: number, cut: number, outputRate = OUTPUT_RATE): Float32Array {
  const resampler = openResampler(openKernel(), inputRate, outputRate);
  const result: number[] = [];
  const collect = (chunk: Float32Array, length: number) => {
    for (let n = 0; n < length; n++) result.push(chunk[n]);
  };
  const input = Float32Array.from(y);
  for (let start = 0; start < input.length; start += cut) {
    const piece = input.slice(start, start + cut);
    resampler.push(piece, piece.length, collect);
  }
  resampler.end(collect);
  return Float32Array.from(result);
}

function tone(hz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) => Math.sin((2 * Math.PI * hz * n) / rate));
}

/** Greatest difference from the ideal tone away from the ends, where the signal is cut off. */
function worstError(result: Float32Array, hz: number, gain: number): number {
  const margin = 1500;
  let worst = 0;
  for (let n = margin; n < result.length - margin; n++) {
    worst = Math.max(worst, Math.abs(result[n] - gain * Math.sin((2 * Math.PI * hz * n) / OUTPUT_RATE)));
  }
  return worst;
}

describe("openResampler", () => {
  const rates = [8000, 11025, 16000, 24000, 32000, 44100, 48000, 88200, 96000, 192000];

  test.each(rates)("passes a tone at 0.9 of the lower Nyquist frequency from %i Hz with no delay", (rate) => {
    const hz = 0.9 * (Math.min(rate, OUTPUT_RATE) / 2);
    expect(worstError(resample(tone(hz, rate, 0.5), rate, 4096), hz, 1)).toBeLessThan(1.2e-4);
  });

  test.each([44100, 48000, 96000, 192000])(
    "stops a tone at 1.1 of the Nyquist frequency from %i Hz by 100 dB",
    (rate) => {
      const hz = 1.1 * (OUTPUT_RATE / 2);
      expect(worstError(resample(tone(hz, rate, 0.5), rate, 4096), hz, 0)).toBeLessThan(10 ** (-100 / 20));
    },
  );

  test.each([11025, 16000])("leaves no image when it raises the rate from %i Hz", (rate) => {
    const hz = 0.8 * (rate / 2);
    expect(worstError(resample(tone(hz, rate, 0.5), rate, 4096), hz, 1)).toBeLessThan(1e-4);
  });

  test.each([44101, 12345, 95999])("converts the odd rate of %i Hz by interpolated filters", (rate) => {
    expect(worstError(resample(tone(1000, rate, 0.4), rate, 4096), 1000, 1)).toBeLessThan(1e-4);
  });

  test.each([...rates, 44101])("gives ceil(n times the ratio) samples from %i Hz", (rate) => {
    for (const length of [1, 2, 999, 5000]) {
      const expected = Math.ceil((length * OUTPUT_RATE) / rate);
      expect(resample(noise(length), rate, length).length).toBe(expected);
    }
  });

  test.each([...rates, 1000, 22_051, 44_101, 66_150, 176_400, 767_999])(
    "agrees with double precision from %i Hz to 2e-6",
    (rate) => {
      const y = noise(Math.min(6000, 3 * rate));
      const expected = referenceResample(y, rate, OUTPUT_RATE);
      const result = resample(y, rate, 1000);
      expect(result.length).toBe(expected.length);
      // Filters between those that are kept ready are interpolated: -100 dB.
      const bound = rate % 50 === 0 ? 2e-6 : 1e-5;
      result.forEach((value, m) => {
        expect(Math.abs(value - expected[m])).toBeLessThan(bound);
      });
    },
  );

  test("keeps an impulse at its time", () => {
    const y = new Float32Array(44_100);
    y[20_000] = 1;
    const result = resample(y, 44_100, 512);
    expect(result.indexOf(Math.max(...result))).toBe(10_000);
  });

  test("keeps a constant", () => {
    const result = resample(new Float32Array(20_000).fill(0.5), 48_000, 777);
    expect(Math.abs(result[4000] - 0.5)).toBeLessThan(1e-5);
  });

  test.each([44100, 48000, 8000, 44101])("gives the same bits however a stream of %i Hz is cut", (rate) => {
    const y = noise(12_000);
    const whole = resample(y, rate, y.length);
    for (const cut of [1, 1000, 4097]) expect(resample(y, rate, cut)).toEqual(whole);
  });

  test("copies at equal rates and gives nothing for nothing", () => {
    const y = Float32Array.from(noise(100));
    expect(resample(y, OUTPUT_RATE, 30)).toEqual(y);
    expect(resample([], 44_100, 10).length).toBe(0);
  });
});
