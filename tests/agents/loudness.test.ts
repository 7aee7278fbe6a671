import { describe, expect, test } from "vitest";
import { loudness } from "../../src/agents/loudness.ts";
import { extract } from "../features/extract.ts";
import { sine } from "../fixtures/signals.ts";
import { fadedSine, peakBetweenSamples, repeated, type Stretch, tones } from "./loudness-signals.ts";

const measure = (channels: Float32Array[], sampleRate = 48_000) =>
  loudness.analyse(extract(channels, sampleRate, loudness.needs, sampleRate), {});
const measureStereo = (stretches: readonly Stretch[], sampleRate = 48_000) => {
  const y = tones(stretches, sampleRate);
  return measure([y, y], sampleRate);
};

function expectWithin(value: number | null, expected: number, tolerance: number): void {
  expect(value).not.toBeNull();
  expect(Math.abs((value ?? 0) - expected)).toBeLessThanOrEqual(tolerance);
}

describe("loudness by EBU Tech 3341", () => {
  test.each([44_100, 48_000, 96_000, 192_000])("cases 1 and 2: steady tones at %i Hz", (sampleRate) => {
    for (const dbfs of [-23, -33]) {
      const result = measureStereo([[dbfs, 20]], sampleRate);
      expectWithin(result.integrated_lufs, dbfs, 0.1);
      expectWithin(result.momentary_max_lufs, dbfs, 0.1);
      expectWithin(result.short_term_max_lufs, dbfs, 0.1);
      expectWithin(result.true_peak_dbtp, dbfs, 0.1);
    }
  });

  test.each<[string, Stretch[]]>([
    [
      "3: the relative gate",
      [
        [-36, 10],
        [-23, 60],
        [-36, 10],
      ],
    ],
    [
      "4: both gates",
      [
        [-72, 10],
        [-36, 10],
        [-23, 60],
        [-36, 10],
        [-72, 10],
      ],
    ],
    [
      "5: mean of powers",
      [
        [-26, 20],
        [-20, 20.1],
        [-26, 20],
      ],
    ],
  ])("case %s", (_, stretches) => {
    expectWithin(measureStereo(stretches).integrated_lufs, -23, 0.1);
    expectWithin(measureStereo(stretches, 44_100).integrated_lufs, -23, 0.1);
  });

  test("case 6: five channels, and six with an LFE that does not count", () => {
    const [side, centre, surround] = [-28, -24, -30].map((dbfs) => tones([[dbfs, 20]], 48_000));
    expectWithin(measure([side, side, centre, surround, surround]).integrated_lufs, -23, 0.1);
    const lfe = tones([[-3, 20]], 48_000, 60);
    const withLfe = measure([side, side, centre, lfe, surround, surround]);
    expectWithin(withLfe.integrated_lufs, -23, 0.1);
    expectWithin(withLfe.true_peak_dbtp, -3, 0.1);
  });

  test("case 9: short-term loudness is constant over a pattern of 3 s", () => {
    const { lufs } = measureStereo(
      repeated(
        [
          [-20, 1.34],
          [-30, 1.66],
        ],
        5,
      ),
    ).short_term;
    expect(lufs.length).toBeGreaterThan(100);
    for (const value of lufs) expectWithin(value, -23, 0.1);
  });

  test("case 10: the greatest short-term loudness of a 3 s tone, wherever it begins", () => {
    for (const offset of [0.15, 0.75, 1.5, 2.93]) {
      expectWithin(
        measureStereo([
          [null, offset],
          [-23, 3],
          [null, 1],
        ]).short_term_max_lufs,
        -23,
        0.1,
      );
    }
  });

  test("case 11: the greatest short-term loudness of twenty 3 s tones one after another, each a dB louder and later", () => {
    const tones = Array.from({ length: 20 }, (_, i): Stretch[] => [
      [null, i * 0.15],
      [i - 38, 3],
      [null, 3 - i * 0.15],
    ]);
    // Each is louder than those before it: up to it, the greatest is its own.
    for (const i of [0, 1, 7, 13, 19]) {
      expectWithin(measureStereo(tones.slice(0, i + 1).flat()).short_term_max_lufs, i - 38, 0.1);
    }
    expectWithin(measureStereo(tones.flat(), 44_100).short_term_max_lufs, -19, 0.1);
  });

  test("case 12: momentary loudness is constant over a pattern of 0.4 s", () => {
    const { lufs } = measureStereo(
      repeated(
        [
          [-20, 0.18],
          [-30, 0.22],
        ],
        25,
      ),
    ).momentary;
    expect(lufs.length).toBeGreaterThan(90);
    for (const value of lufs) expectWithin(value, -23, 0.1);
  });

  test("case 13: the greatest momentary loudness of a 0.4 s tone, wherever it begins", () => {
    for (const offset of [0.02, 0.1, 0.16, 0.38, 0.385]) {
      expectWithin(
        measureStereo([
          [null, offset],
          [-23, 0.4],
          [null, 1],
        ]).momentary_max_lufs,
        -23,
        0.1,
      );
    }
  });

  test("case 14: the greatest momentary loudness of twenty 0.4 s tones one after another, each a dB louder and later", () => {
    const tones = Array.from({ length: 20 }, (_, i): Stretch[] => [
      [null, i * 0.02],
      [i - 38, 0.4],
      [null, 0.4 - i * 0.02],
    ]);
    for (let i = 0; i < 20; i++) {
      expectWithin(measureStereo(tones.slice(0, i + 1).flat()).momentary_max_lufs, i - 38, 0.1);
    }
    expectWithin(measureStereo(tones.flat(), 44_100).momentary_max_lufs, -19, 0.1);
  });

  test.each([
    [15, 4, 0, 0.5, -6],
    [16, 4, 45, 0.5, -6],
    [17, 6, 60, 0.5, -6],
    [18, 8, 67.5, 0.5, -6],
    [19, 4, 45, 1.41, 3],
  ])("case %i: true peak of a sine of 1/%i of the rate", (_, period, degrees, amplitude, dbtp) => {
    for (const sampleRate of [44_100, 48_000]) {
      const y = fadedSine(period, degrees, amplitude, sampleRate);
      const difference = (measure([y, y], sampleRate).true_peak_dbtp ?? 0) - dbtp;
      expect(difference).toBeGreaterThanOrEqual(-0.4);
      expect(difference).toBeLessThanOrEqual(0.2);
    }
  });
});

describe("true peak between samples by EBU Tech 3341", () => {
  test.each([
    [20, 0],
    [21, 1],
    [22, 2],
    [23, 3],
  ])("case %i: a peak %i quarters of a sample beside one", (_, offset) => {
    for (const sampleRate of [44_100, 48_000]) {
      const y = peakBetweenSamples(offset, sampleRate);
      if (offset > 0) expect(Math.max(...y.map(Math.abs))).toBeLessThan(0.99);
      const dbtp = measure([y, y], sampleRate).true_peak_dbtp ?? Number.NaN;
      expect(dbtp).toBeGreaterThanOrEqual(-0.4);
      expect(dbtp).toBeLessThanOrEqual(0.2);
    }
  });
});

describe("loudness by ITU-R BS.1770-5 (as in the compliance material of BS.2217)", () => {
  const tone = (dbfs: number, seconds = 5) => tones([[dbfs, seconds]], 48_000);
  const silent = (seconds = 5) => new Float32Array(seconds * 48_000);

  test("weighs each channel of 5.1 in WAVE order: L R C 1, LFE 0, surrounds 1.41", () => {
    const gainsDb = [0, 0, 0, null, 10 * Math.log10(1.41), 10 * Math.log10(1.41)];
    expect(gainsDb.length).toBe(6);
    for (const [channel, gainDb] of gainsDb.entries()) {
      const channels = gainsDb.map((_, other) => (other === channel ? tone(-20) : silent()));
      const result = measure(channels);
      if (gainDb === null) expect(result.integrated_lufs).toBeNull();
      else expectWithin(result.integrated_lufs, -23 + gainDb, 0.1);
    }
  });

  test("sums powers over channels", () => {
    const five = [tone(-24), tone(-24), tone(-24), silent(), tone(-24), tone(-24)];
    expectWithin(measure(five).integrated_lufs, -24 - 3.01 + 10 * Math.log10(3 + 2 * 1.41), 0.1);
  });

  test("leaves out what is below -70 LUFS, and what is more than 10 LU under the rest", () => {
    const level = (stretches: readonly Stretch[]) => measureStereo(stretches).integrated_lufs;
    expectWithin(level([[-69.5, 10]]), -69.5, 0.1);
    expect(level([[-70.5, 10]])).toBeNull();
    const near = level([
      [-20, 20],
      [-29, 20],
    ]);
    expectWithin(near, -20 + 10 * Math.log10((1 + 10 ** -0.9) / 2), 0.1);
    const far = level([
      [-20, 20],
      [-34, 20],
    ]);
    expectWithin(far, -20, 0.1);
  });
});

describe("loudness range by EBU Tech 3342", () => {
  test.each<[number, number, Stretch[]]>([
    [
      1,
      10,
      [
        [-20, 20],
        [-30, 20],
      ],
    ],
    [
      2,
      5,
      [
        [-20, 20],
        [-15, 20],
      ],
    ],
    [
      3,
      20,
      [
        [-40, 20],
        [-20, 20],
      ],
    ],
    [
      4,
      15,
      [
        [-50, 20],
        [-35, 20],
        [-20, 20],
        [-35, 20],
        [-50, 20],
      ],
    ],
  ])("case %i: %i LU", (_, range, stretches) => {
    expectWithin(measureStereo(stretches).loudness_range_lu, range, 1);
    expectWithin(measureStereo(stretches, 96_000).loudness_range_lu, range, 1);
  });
});

describe("loudness", () => {
  test("has 0 dBFS at 997 Hz in one channel at -3.01 LUFS, in two at 0", () => {
    const y = sine(997, 48_000, 240_000, 1);
    expect(measure([y]).integrated_lufs).toBeCloseTo(-3.01, 1);
    expect(measure([y, y]).integrated_lufs).toBeCloseTo(0, 1);
    expect(measure([y, new Float32Array(y.length)]).integrated_lufs).toBeCloseTo(-3.01, 1);
  });

  test("has the gain to every target, and the true peak after it", () => {
    const result = measureStereo([[-20, 5]]);
    const loudnessLufs = result.integrated_lufs ?? 0;
    expect(result.targets.length).toBeGreaterThanOrEqual(5);
    for (const target of result.targets) {
      expect(target.gain_db).toBeCloseTo(target.target_lufs - loudnessLufs, 1);
      expect(target.true_peak_after_dbtp).toBeCloseTo(-20 + target.gain_db, 1);
    }
    expect(result.targets.find(({ name }) => name === "ebu_r128")?.gain_db).toBeCloseTo(-3, 1);
  });

  test("has series of the right length, whose values lie where the sound is", () => {
    const { momentary, short_term, true_peak_seconds } = measureStereo([
      [null, 5],
      [-23, 5],
    ]);
    expect([momentary.hop_seconds, short_term.hop_seconds]).toEqual([0.1, 0.1]);
    expect(momentary.lufs.length).toBe(97);
    expect(short_term.lufs.length).toBe(71);
    expect(momentary.lufs[46]).toBeNull();
    expect(momentary.lufs[50]).toBeCloseTo(-23, 1);
    expect(short_term.lufs[20]).toBeNull();
    expect(short_term.lufs[50]).toBeCloseTo(-23, 1);
    expect(true_peak_seconds).toBeGreaterThanOrEqual(5);
  });

  test("says why there is nothing to measure", () => {
    const silent = measure([new Float32Array(240_000)]);
    expect([silent.integrated_lufs, silent.loudness_range_lu, silent.true_peak_dbtp, silent.targets]).toEqual([
      null,
      null,
      null,
      [],
    ]);
    expect(silent.why_null).toMatch(/silence/);
    expect(measureStereo([[-80, 5]]).why_null).toMatch(/-70 LUFS/);
    expect(measureStereo([[-20, 0.3]]).why_null).toMatch(/0\.4 s/);
    const short = measureStereo([[-20, 2]]);
    expect(short.why_null).toMatch(/3 s/);
    expect(short.integrated_lufs).toBeCloseTo(-20, 0);
    expect(short.short_term_max_lufs).toBeNull();
    expect(measureStereo([[-20, 4]]).why_null).toBeNull();
  });
});
