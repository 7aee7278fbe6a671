import { describe, expect, test } from "vitest";
import { rhythm } from "../../src/agents/rhythm.ts";
import { extract } from "../features/extract.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { beatTimes, clicks, drums } from "./rhythm-signals.ts";

const RATE = 44_100;
/** A frame of the network and a quarter. */
const TOLERANCE_SECONDS = 0.025;
interface Range {
  readonly min_tempo_bpm?: number;
  readonly max_tempo_bpm?: number;
}

const measure = (y: Float32Array, parameters: Range = {}) =>
  rhythm.analyse(extract([y], RATE, rhythm.needs), parameters);

describe("rhythm", () => {
  test.each([75, 90, 100, 120, 128.5, 140, 160, 174])("finds the tempo and the beats of clicks at %f BPM", (bpm) => {
    const truth = beatTimes(bpm, 30);
    const result = measure(clicks(truth, 30, RATE));
    expect(Math.abs((result.tempo_bpm ?? 0) / bpm - 1)).toBeLessThan(0.001);
    for (const times of [result.beat_times_seconds, result.onset_times_seconds]) {
      expect(times.length).toBe(truth.length);
      times.forEach((time, index) => {
        expect(Math.abs(time - truth[index])).toBeLessThan(TOLERANCE_SECONDS);
      });
    }
    expect(result.beat_count).toBe(truth.length);
    expect(result.tempo_stability).toBe(1);
  });

  test.each([85, 112.3, 126])("finds the tempo of drums at %f BPM, and is certain", (bpm) => {
    const result = measure(drums(bpm, 20, RATE));
    expect(Math.abs((result.tempo_bpm ?? 0) / bpm - 1)).toBeLessThan(0.005);
    expect(result.confidence).toBeGreaterThan(0.7);
    expect(result.why_uncertain ?? "").not.toMatch(/BPM|tempo/);
  });

  test("gives the same beats for a quieter signal", () => {
    const y = drums(100, 12, RATE);
    const [loud, quiet] = [measure(y), measure(y.map((value) => value / 10))];
    expect(quiet.beat_count).toBe(loud.beat_count);
    loud.beat_times_seconds.forEach((time, index) => {
      expect(Math.abs(quiet.beat_times_seconds[index] - time)).toBeLessThan(0.03);
    });
  });

  test("lists rival tempi with weights that sum to 1, the answer first", () => {
    const result = measure(clicks(beatTimes(120, 20), 20, RATE));
    expect(result.tempo_candidates[0].tempo_bpm).toBe(result.tempo_bpm);
    expect(result.tempo_candidates.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 2);
  });

  test("keeps to the caller's range", () => {
    const y = clicks(beatTimes(120, 20), 20, RATE);
    expect(measure(y, { max_tempo_bpm: 80 }).tempo_bpm).toBeCloseTo(60, 0);
    expect(measure(y, { min_tempo_bpm: 100, max_tempo_bpm: 140 }).tempo_bpm).toBeCloseTo(120, 0);
    expect(measure(y, { min_tempo_bpm: 350 }).tempo_bpm).not.toBeNaN();
    expect(() => measure(y, { min_tempo_bpm: 140, max_tempo_bpm: 100 })).toThrow(/expected the first to be lower/);
  });

  test("is not sure of a tempo that a range forced upon it, and names the likelier one", () => {
    const y = drums(112, 20, RATE);
    const free = measure(y);
    const forced = measure(y, { min_tempo_bpm: 140 });
    expect(free.tempo_bpm).toBeCloseTo(112, 0);
    expect(forced.confidence).toBeLessThan(0.5);
    expect(forced.why_uncertain).toMatch(/^Outside of the range asked for, 11[12]\.\d BPM is likelier\.$/);
    expect(measure(y, { min_tempo_bpm: 80, max_tempo_bpm: 140 }).why_uncertain).toBe(free.why_uncertain);
  });

  test("says in words why it is uncertain", () => {
    const short = measure(clicks(beatTimes(120, 3), 3, RATE));
    expect(short.confidence).toBeLessThan(0.7);
    expect(short.why_uncertain).toMatch(/short \(3\.0 s\)/);
  });

  test("lowers the stability of a tempo that changes", () => {
    const times = [0.5];
    while (times[times.length - 1] < 28) times.push(times[times.length - 1] + 0.4 + 0.01 * times.length);
    const result = measure(clicks(times, 30, RATE));
    expect(result.tempo_stability ?? 0).toBeLessThan(0.7);
  });

  test.each([
    ["silence", new Float32Array(5 * RATE), /digital silence/],
    ["one sample", Float32Array.of(1), /at least 2 s/],
    ["a second of clicks", clicks(beatTimes(240, 1), 1, RATE), /lasts 1.00 s/],
    ["a steady tone", sine(440, RATE, 6 * RATE), /onsets/],
    ["white noise", noise(10 * RATE), /onsets|pulse/],
  ])("has no tempo for %s, and says why", (_, y, reason) => {
    const result = measure(y);
    expect([result.tempo_bpm, result.tempo_stability, result.confidence]).toEqual([null, null, 0]);
    expect([result.tempo_candidates, result.beat_times_seconds, result.beat_count]).toEqual([[], [], 0]);
    expect(result.why_uncertain).toMatch(reason);
  });

  test("finds an onset and a beat at time 0", () => {
    const result = measure(clicks(beatTimes(110, 20, 0), 20, RATE));
    expect(result.onset_times_seconds[0]).toBeLessThan(TOLERANCE_SECONDS);
    expect(result.beat_times_seconds[0]).toBeLessThan(TOLERANCE_SECONDS);
  });

  test("gives meter, downbeats and a tempo curve that fit the beats", () => {
    const result = measure(drums(100, 30, RATE));
    expect(result.meter_candidates[0].beats_per_bar).toBe(result.meter);
    expect(result.meter_candidates.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 2);
    expect(result.downbeat_times_seconds.length).toBeGreaterThan(5);
    for (const time of result.downbeat_times_seconds) expect(result.beat_times_seconds).toContain(time);
    expect(result.tempo_curve.bpm.length).toBe(30);
    for (const bpm of result.tempo_curve.bpm) expect(Math.abs((bpm ?? 100) - 100)).toBeLessThan(2);
  });

  test("measures straight and swung eighths", () => {
    const times = beatTimes(100, 30);
    const swung = (share: number) => [...times, ...times.map((time) => time + share * 0.6)].sort((a, b) => a - b);
    const range = { min_tempo_bpm: 80, max_tempo_bpm: 130 };
    expect(Math.abs((measure(clicks(swung(0.5), 30, RATE), range).swing_ratio ?? 0) - 1)).toBeLessThan(0.1);
    expect(Math.abs((measure(clicks(swung(2 / 3), 30, RATE), range).swing_ratio ?? 0) - 2)).toBeLessThan(0.3);
    expect(measure(clicks(times, 30, RATE)).swing_ratio).toBeNull();
    expect(measure(clicks(times, 30, RATE)).why_no_swing).toMatch(/parted/);
  });

  test("finds the onsets of single events without a pulse", () => {
    const truth = [0.61, 1.9, 2.37];
    const result = measure(clicks(truth, 4, RATE));
    expect(result.tempo_bpm).toBeNull();
    expect(result.onset_count).toBe(3);
    result.onset_times_seconds.forEach((time, index) => {
      expect(Math.abs(time - truth[index])).toBeLessThan(TOLERANCE_SECONDS);
    });
  });
});
