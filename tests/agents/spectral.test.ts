import { describe, expect, test } from "vitest";
import { spectral } from "../../src/agents/spectral.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";

const RATE = 44_100;
const measure = (channels: Float32Array[], sampleRate = RATE) =>
  spectral.analyse(extract(channels, sampleRate, spectral.needs), {});

/** A tone that swells and fades, so that no edge spreads its spectrum. */
function swell(hz: number, sampleRate: number, seconds: number, amplitude = 0.5): Float32Array {
  const length = sampleRate * seconds;
  return sine(hz, sampleRate, length, amplitude).map((value, n) => value * Math.sin((Math.PI * n) / length));
}

describe("spectral", () => {
  test.each([220, 440, 1000, 5000])("places the centroid and the one dominant frequency of a sine at %i Hz", (hz) => {
    const result = measure([swell(hz, RATE, 4)]);
    expect(Math.abs((result.centroid_hz?.mean ?? 0) / hz - 1)).toBeLessThan(0.02);
    expect(result.flatness?.mean).toBeLessThan(0.001);
    expect(result.dominant_frequencies.length).toBe(1);
    expect(Math.abs(result.dominant_frequencies[0].hz - hz)).toBeLessThan(0.6);
    expect(result.dominant_frequencies[0].level_db).toBe(0);
  });

  test("places white noise at the middle of the band: centroid, bandwidth and rolloff of a flat spectrum", () => {
    const result = measure([noise(5 * 22_050)], 22_050);
    expect(Math.abs((result.centroid_hz?.mean ?? 0) / 5512.5 - 1)).toBeLessThan(0.02);
    expect(Math.abs((result.bandwidth_hz?.mean ?? 0) / (11_025 / Math.sqrt(12)) - 1)).toBeLessThan(0.02);
    expect(Math.abs((result.rolloff_hz?.mean ?? 0) / (0.85 * 11_025) - 1)).toBeLessThan(0.02);
    // The geometric mean of an exponentially distributed power is e^-γ = 0.561 of its mean.
    expect(Math.abs((result.flatness?.mean ?? 0) - 0.561)).toBeLessThan(0.02);
    expect(result.dominant_frequencies).toEqual([]);
  });

  test("lists the tones of a chord by strength, with levels relative to the strongest", () => {
    const tones = [swell(261.63, RATE, 4, 0.1), swell(329.63, RATE, 4, 0.4), swell(392, RATE, 4, 0.2)];
    const { dominant_frequencies } = measure([tones[0].map((value, n) => value + tones[1][n] + tones[2][n])]);
    expect(dominant_frequencies.length).toBe(3);
    for (const [index, [hz, db]] of [
      [329.63, 0],
      [392, -6.02],
      [261.63, -12.04],
    ].entries()) {
      expect(Math.abs(dominant_frequencies[index].hz - hz)).toBeLessThan(1);
      expect(Math.abs(dominant_frequencies[index].level_db - db)).toBeLessThan(1);
    }
  });

  test("is the mean over all frames of a file that sounds throughout", () => {
    const frames = extract([noise(30_000)], 22_050, ["spectralShape"]).spectralShape;
    const mean = frames.centroidHz.reduce((sum, hz) => sum + hz, 0) / frames.centroidHz.length;
    expect(measure([noise(30_000)], 22_050).centroid_hz?.mean).toBeCloseTo(mean, 0);
  });

  test("leaves digital silence out of the means", () => {
    const y = noise(6 * 22_050);
    const padded = new Float32Array(12 * 22_050);
    padded.set(y);
    const [whole, half] = [measure([y], 22_050), measure([padded], 22_050)];
    expect(Math.abs((half.centroid_hz?.mean ?? 0) / (whole.centroid_hz?.mean ?? 1) - 1)).toBeLessThan(0.005);
  });

  test("has no spectrum where nothing sounds, and names the cause", () => {
    const silent = measure([new Float32Array(RATE)]);
    expect([silent.centroid_hz, silent.mfcc, silent.dominant_frequencies]).toEqual([null, null, []]);
    expect(silent.why_null).toMatch(/digital silence/);
    const y = noise(RATE);
    expect(measure([y, y.map((value) => -value)]).why_null).toMatch(/cancel/);
    expect(measure([swell(15_000, RATE, 1)]).why_null).toMatch(/above the 11025 Hz/);
    expect(measure([swell(15_000, RATE, 1), swell(15_000, RATE, 1)]).why_null).toMatch(/above the 11025 Hz/);
    expect(measure([noise(RATE, 1, 1e-6)]).why_null).toMatch(/-90 dBFS/);
  });

  test("has 20 coefficients, each with mean and deviation", () => {
    const { mfcc } = measure([noise(RATE)]);
    expect(mfcc?.mean.length).toBe(20);
    expect(mfcc?.std.length).toBe(20);
  });
});
