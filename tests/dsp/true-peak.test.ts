import { describe, expect, test } from "vitest";
import { openTruePeakMeter, type TruePeak } from "../../src/dsp/true-peak.ts";
import { fadedSine } from "../agents/loudness-signals.ts";
import { noise, sine } from "../fixtures/signals.ts";

function truePeakOf(y: Float32Array, sampleRate: number, blockLength = y.length): TruePeak {
  const meter = openTruePeakMeter(sampleRate);
  for (let start = 0; start < y.length; start += blockLength) meter.push(y.subarray(start, start + blockLength));
  return meter.end();
}

const decibels = (value: number) => 20 * Math.log10(value);

/** A band-limited pulse of height 1 whose top lies `offset` samples after sample 2000. */
function pulse(offset: number, bandwidth: number): Float32Array {
  return Float32Array.from({ length: 4000 }, (_, n) => {
    const distance = bandwidth * (n - 2000 - offset);
    return distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance);
  });
}

describe("openTruePeakMeter", () => {
  test.each([
    [4, 0],
    [4, 45],
    [6, 60],
    [8, 67.5],
  ])("finds the top of a sine of 1/%i of the rate at a phase of %f degrees", (period, degrees) => {
    const y = fadedSine(period, degrees, 0.5, 48_000);
    const { peak, samplePeak } = truePeakOf(y, 48_000);
    expect(decibels(peak / 0.5)).toBeGreaterThan(-0.4);
    expect(decibels(peak / 0.5)).toBeLessThan(0.2);
    expect(samplePeak).toBe(y.reduce((greatest, sample) => Math.max(greatest, Math.abs(sample)), 0));
  });

  test.each([0, 0.25, 0.5, 0.75])("finds the top of a pulse %f samples after a sample", (offset) => {
    const { peak, position } = truePeakOf(pulse(offset, 0.8), 48_000);
    expect(decibels(peak)).toBeGreaterThan(-0.05);
    expect(decibels(peak)).toBeLessThan(0.05);
    expect(position).toBe(2000);
  });

  test.each([
    [44_100, 4],
    [96_000, 2],
  ])(
    "at %i Hz reads within 1e-6 what interpolating everything %i times in double precision reads",
    (sampleRate, factor) => {
      const signals = [
        noise(9000, 4, 0.8),
        sine(9876, sampleRate, 9000, 0.9),
        sine(50, sampleRate, 9000, 0.9),
        pulse(0.5, 1),
      ];
      for (const y of signals) {
        let peak = 0;
        for (let n = 0; n < y.length; n++) {
          for (let step = 0; step < factor; step++) peak = Math.max(peak, Math.abs(interpolated(y, n, step / factor)));
        }
        expect(Math.abs(truePeakOf(y, sampleRate).peak / peak - 1)).toBeLessThan(1e-6);
      }
    },
  );

  test("gives the same bits however the signal is cut", () => {
    const y = noise(20_000, 3, 0.9);
    const whole = truePeakOf(y, 44_100);
    for (const blockLength of [1, 31, 1000, 4096]) expect(truePeakOf(y, 44_100, blockLength)).toEqual(whole);
  });

  test("sees the first and the last sample", () => {
    expect(truePeakOf(Float32Array.of(0.5), 44_100)).toEqual({ peak: 0.5, samplePeak: 0.5, position: 0 });
    const y = new Float32Array(1000);
    y[999] = -0.75;
    expect(truePeakOf(y, 44_100)).toEqual({ peak: 0.75, samplePeak: 0.75, position: 999 });
  });

  test("has no peak in silence or emptiness", () => {
    const none = { peak: 0, samplePeak: 0, position: 0 };
    expect(truePeakOf(new Float32Array(5000), 44_100)).toEqual(none);
    expect(truePeakOf(new Float32Array(0), 44_100)).toEqual(none);
  });
});

/** The windowed sinc of 24 samples, written out. */
function interpolated(y: Float32Array, n: number, share: number): number {
  if (share === 0) return y[n];
  let [sum, weights] = [0, 0];
  for (let tap = n - 11; tap <= n + 12; tap++) {
    const distance = tap - n - share;
    const weight = (Math.sin(Math.PI * distance) / (Math.PI * distance)) * kaiser(distance / 12);
    sum += weight * (y[tap] ?? 0);
    weights += weight;
  }
  return sum / weights;
}

function kaiser(position: number): number {
  const bessel = (x: number) => {
    let [sum, term] = [1, 1];
    for (let k = 1; k < 40; k++) {
      term *= (x / 2 / k) ** 2;
      sum += term;
    }
    return sum;
  };
  return bessel(5 * Math.sqrt(1 - position * position)) / bessel(5);
}
