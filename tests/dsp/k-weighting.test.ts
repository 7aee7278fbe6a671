import { describe, expect, test } from "vitest";
import { type Biquad, kWeightingSections, openKWeighting } from "../../src/dsp/k-weighting.ts";
import { noise, sine } from "../fixtures/signals.ts";

function gainDb(sections: readonly Biquad[], hz: number, sampleRate: number): number {
  const angle = (2 * Math.PI * hz) / sampleRate;
  const power = (c0: number, c1: number, c2: number) =>
    (c0 + c1 * Math.cos(angle) + c2 * Math.cos(2 * angle)) ** 2 +
    (c1 * Math.sin(angle) + c2 * Math.sin(2 * angle)) ** 2;
  return sections.reduce((db, { b0, b1, b2, a1, a2 }) => db + 10 * Math.log10(power(b0, b1, b2) / power(1, a1, a2)), 0);
}

function energyOf(y: Float32Array, sampleRate: number): number {
  const filter = openKWeighting(sampleRate);
  filter.push(y, 0, y.length);
  return filter.takeEnergy();
}

describe("kWeightingSections", () => {
  test("has the coefficients of BS.1770-5, annex 1, tables 1 and 2, at 48 kHz", () => {
    const [shelf, highPass] = kWeightingSections(48_000);
    const expected = [
      [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585],
      [1, -2, 1, -1.99004745483398, 0.99007225036621],
    ];
    for (const [index, { b0, b1, b2, a1, a2 }] of [shelf, highPass].entries()) {
      for (const [k, value] of [b0, b1, b2, a1, a2].entries()) expect(value).toBeCloseTo(expected[index][k], 12);
    }
  });

  test.each([
    [44_100, 0.002],
    [96_000, 0.01],
    [192_000, 0.01],
    [32_000, 0.02],
    [16_000, 0.07],
    [8000, 0.25],
  ])("weights at %i Hz as at 48 kHz within %f dB", (sampleRate, tolerance) => {
    const reference = kWeightingSections(48_000);
    const sections = kWeightingSections(sampleRate);
    const frequencies = [40, 100, 500, 1000, 1500, 2000, 3000, 5000, 10_000, 20_000].filter(
      (hz) => hz < sampleRate / 2,
    );
    expect(frequencies.length).toBeGreaterThan(5);
    for (const hz of frequencies) {
      expect(Math.abs(gainDb(sections, hz, sampleRate) - gainDb(reference, hz, 48_000))).toBeLessThan(tolerance);
    }
  });

  test("is stable at every rate from 1 to 768 kHz", () => {
    for (const sampleRate of [1000, 3364, 3700, 4000, 11_025, 384_000, 768_000]) {
      for (const { a1, a2 } of kWeightingSections(sampleRate)) {
        expect(Math.abs(a2), `${sampleRate}`).toBeLessThan(1);
        expect(Math.abs(a1), `${sampleRate}`).toBeLessThan(1 + a2 + 1e-12);
      }
    }
  });
});

describe("openKWeighting", () => {
  test("has the energy of a 997 Hz sine raised by 0.691 dB", () => {
    const raisedDb = 10 * Math.log10(energyOf(sine(997, 48_000, 480_000, 1), 48_000) / 240_000);
    expect(raisedDb).toBeCloseTo(0.691, 2);
  });

  test("gives the same energy however the signal is cut", () => {
    const y = noise(10_000);
    const filter = openKWeighting(44_100);
    for (let start = 0; start < y.length; start += 777) filter.push(y, start, Math.min(y.length, start + 777));
    expect(filter.takeEnergy()).toBe(energyOf(y, 44_100));
    expect(filter.takeEnergy()).toBe(0);
  });

  test("has no energy in silence, and settles there after sound", () => {
    const filter = openKWeighting(48_000);
    filter.push(new Float32Array(100), 0, 100);
    expect(filter.takeEnergy()).toBe(0);
    filter.push(noise(1000), 0, 1000);
    for (let second = 0; second < 5; second++) {
      filter.takeEnergy();
      filter.push(new Float32Array(48_000), 0, 48_000);
    }
    filter.takeEnergy();
    filter.push(new Float32Array(100), 0, 100);
    expect(filter.takeEnergy()).toBe(0);
  });
});
