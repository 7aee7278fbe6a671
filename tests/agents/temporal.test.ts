import { describe, expect, test } from "vitest";
import { temporal } from "../../src/agents/temporal.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";

const RATE = 44_100;
const measure = (channels: Float32Array[], sampleRate = RATE) =>
  temporal.analyse(extract(channels, sampleRate, temporal.needs), {});

describe("temporal", () => {
  test("measures a full-scale sine: -3.01 dBFS RMS, 0 peak, 3.01 crest, two crossings a period", () => {
    const result = measure([sine(441, RATE, 2 * RATE, 1)]);
    expect(result.rms_dbfs).toBe(-3.01);
    expect(result.peak_dbfs).toBe(0);
    expect(result.crest_factor_db).toBe(3.01);
    expect(Math.abs(result.zero_crossings_per_second - 882)).toBeLessThanOrEqual(1);
    expect(result.duration_seconds).toBe(2);
    expect(result.why_null).toBeNull();
  });

  test("has a square wave at 0 dBFS with no crest, and uniform noise at -4.77", () => {
    const square = measure([sine(441, RATE, RATE).map((value) => (value >= 0 ? 1 : -1))]);
    expect([square.rms_dbfs, square.peak_dbfs, square.crest_factor_db]).toEqual([0, 0, 0]);
    expect(Math.abs((measure([noise(4 * RATE, 1, 1)]).rms_dbfs ?? 0) + 4.77)).toBeLessThan(0.03);
  });

  test("measures all channels at their own rate: antiphase does not cancel, a silent channel halves the power", () => {
    const y = sine(15_000, 48_000, 48_000, 0.5);
    const antiphase = measure([y, y.map((value) => -value)], 48_000);
    expect(antiphase.rms_dbfs).toBe(-9.03);
    expect(antiphase.sample_rate_hz).toBe(48_000);
    expect(antiphase.channels).toBe(2);
    expect(measure([y, new Float32Array(48_000)], 48_000).rms_dbfs).toBe(-12.04);
  });

  test("has the dynamic range of a signal that is loud for one half and 20 dB lower for the other", () => {
    const y = sine(441, RATE, 10 * RATE, 1).map((value, n) => (n < 5 * RATE ? value : value / 10));
    expect(measure([y]).dynamic_range_db).toBeCloseTo(20, 1);
    y.fill(0, 9 * RATE);
    expect(measure([y]).dynamic_range_db).toBeCloseTo(20, 1);
  });

  test("has an envelope of a value every 0.1 s, null in digital silence", () => {
    const { envelope } = measure([sine(441, RATE, RATE, 1).fill(0, RATE / 2)]);
    expect(envelope.hop_seconds).toBe(0.1);
    expect(envelope.rms_dbfs.length).toBe(10);
    expect(envelope.rms_dbfs[2]).toBeCloseTo(-3.01, 1);
    expect(envelope.rms_dbfs.slice(5)).toEqual([null, null, null, null, null]);
  });

  test("says why silence has no level", () => {
    const result = measure([new Float32Array(RATE)]);
    expect([result.rms_dbfs, result.peak_dbfs, result.crest_factor_db, result.dynamic_range_db]).toEqual(
      Array(4).fill(null),
    );
    expect(result.why_null).toMatch(/digital silence/);
  });

  test("reports samples that are no numbers", () => {
    const y = sine(441, RATE, RATE);
    y[10] = Number.NaN;
    expect(measure([y]).non_finite_samples).toBe(1);
  });
});
