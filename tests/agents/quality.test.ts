import { describe, expect, test } from "vitest";
import { DELIVERY_PROFILES } from "../../src/agents/delivery-profiles.ts";
import { quality } from "../../src/agents/quality.ts";
import { FINDING_KINDS } from "../../src/agents/quality-findings.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";

const RATE = 44_100;
const measure = (channels: Float32Array[], sampleRate = RATE) =>
  quality.analyse(extract(channels, sampleRate, quality.needs, sampleRate), {});
const kindsOf = (channels: Float32Array[]) => measure(channels).findings.map(({ kind }) => kind);
const placesOf = (kind: string, channels: Float32Array[]) =>
  measure(channels)
    .findings.filter((finding) => finding.kind === kind)
    .map(({ start_seconds, end_seconds }) => [start_seconds, end_seconds]);

/** Noise and a tone, 12 s, that no test finds fault with. */
const clean = (seed: number) =>
  noise(12 * RATE, seed, 0.05).map((value, n) => value + 0.2 * Math.sin((2 * Math.PI * 220 * n) / RATE));

/** The signal without what lies above a frequency: a windowed sinc of 201 samples. */
function lowPassed(y: Float32Array, hz: number): Float32Array {
  const taps = Array.from({ length: 201 }, (_, tap) => {
    const x = (2 * hz * (tap - 100)) / RATE;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return ((2 * hz) / RATE) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * (tap - 100)) / 101));
  });
  return y.map((_, n) => taps.reduce((sum, value, tap) => sum + value * (y[n + tap - 100] ?? 0), 0));
}

describe("quality", () => {
  test("finds nothing in a clean stereo recording", () => {
    const result = measure([clean(1), clean(2)]);
    expect(result.findings).toEqual([]);
    expect(result.channel_relation).toBe("stereo");
    expect(result.band_edge_hz).toBeNull();
    expect(result.why_null).toBeNull();
  });

  test("places clipping, at full scale and below, and joins what is near", () => {
    const y = clean(1);
    for (let n = 2 * RATE; n < 3 * RATE; n++) y[n] = Math.max(-0.6, Math.min(0.6, 6 * y[n]));
    const places = placesOf("clipping", [y]);
    expect(places.length).toBe(1);
    expect(places[0][0]).toBeCloseTo(2, 1);
    expect(places[0][1]).toBeCloseTo(3, 1);
    expect(measure([y]).clipped_samples).toBeGreaterThan(1000);
    expect(measure([y]).findings[0].detail).toMatch(/-4\.4 dBFS/);
  });

  test("places clicks, joins what is near, and counts one in both channels once", () => {
    const [left, right] = [1, 2].map((seed) => clean(seed).map((value) => 0.3 * value));
    for (const seconds of [2, 2.2, 6]) for (const y of [left, right]) y[Math.round(seconds * RATE)] += 0.5;
    left[9 * RATE] += 0.3;
    const result = measure([left, right]);
    expect(result.click_count).toBe(4);
    expect(result.findings.map(({ kind, severity, detail }) => [kind, severity, detail])).toEqual([
      ["click", "error", expect.stringMatching(/^2 clicks, the loudest -[56]\.\d dBFS$/)],
      ["click", "error", expect.stringMatching(/^-[56]\.\d dBFS, 0\.02 ms$/)],
      ["click", expect.stringMatching(/warning|error/), expect.stringMatching(/^-(9|10|11)(\.\d)? dBFS, 0\.02 ms$/)],
    ]);
    const starts = placesOf("click", [left, right]).map(([start]) => start);
    expect(starts.map((start) => Math.round(1000 * start) / 1000)).toEqual([2, 6, 9]);
  });

  test("places silence, digital and noisy, within 10 ms, and measures both ends", () => {
    const y = clean(1);
    const hiss = noise(y.length, 8, 10 ** (-70 / 20) * Math.sqrt(3));
    y.fill(0, 0, 1.5 * RATE);
    for (let n = 5 * RATE; n < 7.25 * RATE; n++) y[n] = hiss[n];
    y.fill(0, 11.75 * RATE);
    const result = measure([y]);
    expect(placesOf("silence", [y])).toEqual([
      [0, 1.5],
      [5, 7.25],
    ]);
    expect(result.findings.map(({ detail }) => detail)).toEqual(["digital silence, leading", "below -60 dBFS, inner"]);
    expect([result.leading_silence_seconds, result.trailing_silence_seconds]).toEqual([1.5, 0.25]);
  });

  test("places dropouts, and takes no pause between sounds that fade for one", () => {
    const y = clean(1);
    y.fill(0, 4 * RATE, 4 * RATE + 441);
    expect(placesOf("dropout", [y])).toEqual([[4, 4.01]]);
    const faded = clean(1);
    for (let n = 0; n < RATE / 2; n++) faded[4 * RATE - n] *= n / (RATE / 2) < 0.05 ? 0 : n / RATE;
    for (let n = 0; n < RATE / 10; n++) faded[4 * RATE - RATE / 20 - n] *= 1e-3;
    expect(placesOf("dropout", [faded])).toEqual([]);
  });

  test("names the relation of two channels", () => {
    const y = clean(1);
    const cases: [string, Float32Array[], string[]][] = [
      ["mono", [y], []],
      ["dual_mono", [y, y], ["dual_mono"]],
      ["dual_mono", [y, y.map((value) => value / 2)], ["dual_mono"]],
      ["inverted", [y, y.map((value) => -value)], ["inverted_channel"]],
      [
        "delayed_mono",
        [noise(12 * RATE, 1), noise(12 * RATE, 1).map((_, n, all) => all[n - 400] ?? 0)],
        ["delayed_mono"],
      ],
      ["silent_channel", [y, new Float32Array(y.length)], ["silent_channel"]],
      ["stereo", [noise(RATE, 1), noise(RATE, 2)], []],
      ["multichannel", [y, y, y], []],
    ];
    expect(cases.length).toBe(8);
    for (const [relation, channels, findings] of cases) {
      expect(measure(channels).channel_relation, relation).toBe(relation);
      expect(kindsOf(channels), relation).toEqual(findings);
    }
  });

  test("says which channel is late, and by how much", () => {
    const y = noise(12 * RATE, 1);
    const late = y.map((_, n) => y[n - 441] ?? 0);
    expect(measure([y, late]).findings[0].detail).toBe("the second channel is the first, 10.00 ms later");
    expect(measure([late, y]).findings[0].detail).toBe("the first channel is the second, 10.00 ms later");
  });

  test("measures correlation, width and what is lost in mono", () => {
    const [a, b] = [noise(5 * RATE, 1), noise(5 * RATE, 2)];
    const unrelated = measure([a, b]);
    expect(unrelated.correlation).toBeCloseTo(0, 1);
    expect(unrelated.width).toBeCloseTo(0.5, 1);
    expect(unrelated.mono_fold_down_db).toBeCloseTo(-3.01, 1);
    const same = measure([a, a]);
    expect([same.correlation, same.width, same.mono_fold_down_db]).toEqual([1, 0, 0]);
    const opposite = measure([a, a.map((value) => -value)]);
    expect([opposite.correlation, opposite.width, opposite.mono_fold_down_db]).toEqual([-1, 1, null]);
  });

  test("finds an offset, hum, and a band that breaks off", () => {
    expect(kindsOf([clean(1).map((value) => value + 0.02)])).toEqual(["dc_offset"]);
    expect(measure([clean(1).map((value) => value - 0.02)]).dc_offset).toBeCloseTo(-0.02, 3);
    const hum = noise(12 * RATE, 3, 0.02).map((value, n) =>
      [1, 2, 3, 4].reduce((sum, k) => sum + 0.01 * Math.sin((2 * Math.PI * 50 * k * n) / RATE), value),
    );
    expect(kindsOf([hum])).toEqual(["hum"]);
    const limited = lowPassed(noise(4 * RATE, 4, 0.2), 16_000);
    const result = measure([limited]);
    expect(result.findings.map(({ kind }) => kind)).toEqual(["band_limited"]);
    expect(Math.abs((result.band_edge_hz ?? 0) - 16_000)).toBeLessThan(500);
  });

  test("gives a verdict by every profile, with the reason and time of each failure", () => {
    const y = sine(997, RATE, 10 * RATE, 10 ** (-23 / 20));
    const broadcast = (channels: Float32Array[]) =>
      measure(channels).verdicts.find(({ profile }) => profile === "broadcast");
    expect(measure([y, noise(10 * RATE)]).verdicts.map(({ profile }) => profile)).toEqual(
      DELIVERY_PROFILES.map(({ name }) => name),
    );
    expect(broadcast([y, y])).toEqual({ profile: "broadcast", passes: true, failures: [] });
    y.fill(0, 5 * RATE, 5 * RATE + 300);
    y.fill(0.95, 7 * RATE, 7 * RATE + 50);
    const failed = broadcast([y, y]);
    expect(failed?.passes).toBe(false);
    expect(failed?.failures.map(({ seconds }) => seconds)).toEqual([7, 5]);
    expect(failed?.failures[0].reason).toMatch(/true peak/);
    expect(failed?.failures[1].reason).toMatch(/dropout: 6\.8 ms/);
  });

  test("a true peak just under full scale is never -0.0 dBTP", () => {
    const y = sine(997, RATE, 10 * RATE, 10 ** (-0.01 / 20));
    const reasons = measure([y, y]).verdicts.flatMap(({ failures }) => failures.map(({ reason }) => reason));
    expect(reasons.filter((reason) => /^true peak 0\.0 dBTP/.test(reason)).length).toBeGreaterThan(0);
    expect(reasons.join()).not.toContain("-0.0");
  });

  test("profiles refuse only what can be found, and limits are in order", () => {
    expect(DELIVERY_PROFILES.length).toBe(5);
    for (const { refused, integratedLufs } of DELIVERY_PROFILES) {
      for (const kind of refused) expect(FINDING_KINDS).toContain(kind);
      if (integratedLufs !== null) expect(integratedLufs.min).toBeLessThan(integratedLufs.max);
    }
  });

  test("says why silence and emptiness have no levels", () => {
    const silent = measure([new Float32Array(2 * RATE), new Float32Array(2 * RATE)]);
    expect(silent.why_null).toMatch(/silence/);
    expect([silent.noise_floor_dbfs, silent.correlation, silent.clipped_samples]).toEqual([null, null, 0]);
    expect(silent.findings.map(({ kind, detail }) => [kind, detail])).toEqual([
      ["silence", "digital silence, whole file"],
    ]);
    expect(measure([new Float32Array(0)]).why_null).toMatch(/no samples/);
  });
});
