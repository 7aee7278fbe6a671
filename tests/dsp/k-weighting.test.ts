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

const SILENCE = new Float32Array(48_000);

/** The energies of two channels, filtered together. */
function energiesOf(left: Float32Array, right: Float32Array, sampleRate: number, blockLength = left.length) {
  const filter = openKWeighting(sampleRate, blockLength);
  for (let start = 0; start < left.length; start += blockLength) {
    filter.push(left.subarray(start, start + blockLength), right.subarray(start, start + blockLength));
  }
  return filter.takeEnergies();
}

/** The same in plain TypeScript: two sections as direct form I. */
function referenceEnergy(y: Float32Array, sampleRate: number): number {
  let filtered = Float64Array.from(y);
  for (const { b0, b1, b2, a1, a2 } of kWeightingSections(sampleRate)) {
    const output = new Float64Array(filtered.length);
    for (let n = 0; n < filtered.length; n++) {
      const input = b0 * filtered[n] + b1 * (filtered[n - 1] ?? 0) + b2 * (filtered[n - 2] ?? 0);
      output[n] = input - a1 * (output[n - 1] ?? 0) - a2 * (output[n - 2] ?? 0);
    }
    filtered = output;
  }
  return filtered.reduce((sum, value) => sum + value * value, 0);
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
    const y = sine(997, 48_000, 480_000, 1);
    const [energy] = energiesOf(y, y, 48_000);
    expect(10 * Math.log10(energy / 240_000)).toBeCloseTo(0.691, 2);
  });

  test.each([8000, 44_100, 192_000])(
    "agrees with the difference equations at %i Hz, channel by channel",
    (sampleRate) => {
      const [left, right] = [noise(20_000, 1), sine(60, sampleRate, 20_000)];
      const energies = energiesOf(left, right, sampleRate, 441);
      for (const [channel, y] of [left, right].entries()) {
        expect(Math.abs(energies[channel] / referenceEnergy(y, sampleRate) - 1)).toBeLessThan(1e-9);
      }
    },
  );

  test("gives the same energies however the signal is cut", () => {
    const [left, right] = [noise(10_000, 1), noise(10_000, 2)];
    expect(energiesOf(left, right, 44_100, 777)).toEqual(energiesOf(left, right, 44_100));
  });

  test("has no energy in silence, none after it was taken, and settles after sound", () => {
    const filter = openKWeighting(48_000, SILENCE.length);
    filter.push(SILENCE, SILENCE);
    expect(filter.takeEnergies()).toEqual([0, 0]);
    filter.push(noise(1000), noise(1000, 2));
    filter.takeEnergies();
    expect(filter.takeEnergies()).toEqual([0, 0]);
    for (let second = 0; second < 6; second++) {
      filter.push(SILENCE, SILENCE);
      filter.takeEnergies();
    }
    filter.push(SILENCE, SILENCE);
    expect(filter.takeEnergies()).toEqual([0, 0]);
  });
});
