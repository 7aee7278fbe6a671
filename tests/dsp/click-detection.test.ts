import { describe, expect, test } from "vitest";
import { type Click, openClickDetector } from "../../src/dsp/click-detection.ts";
import { clicks, drums } from "../agents/rhythm-signals.ts";
import { noise, sine } from "../fixtures/signals.ts";

const RATE = 44_100;

function clicksOf(y: Float32Array, sampleRate = RATE, blockLength = y.length): Click[] {
  const found: Click[] = [];
  const detector = openClickDetector(sampleRate, (click) => found.push(click));
  for (let start = 0; start < y.length; start += blockLength) detector.push(y.subarray(start, start + blockLength));
  detector.end();
  return found;
}

/** A chord with a little noise. */
const music = (sampleRate = RATE, seconds = 3) =>
  noise(seconds * sampleRate, 3, 0.003).map((value, n) =>
    [220, 277, 330].reduce((sum, hz) => sum + 0.1 * Math.sin((2 * Math.PI * hz * n) / sampleRate), value),
  );

/** Adds clicks of a length at places, alternating in sign. */
function withClicks(y: Float32Array, places: readonly number[], length: number, amplitude: number): Float32Array {
  const result = y.slice();
  for (const [index, place] of places.entries()) {
    for (let n = 0; n < length; n++) result[place + n] += (index % 2 === 0 ? 1 : -1) * amplitude;
  }
  return result;
}

describe("openClickDetector", () => {
  test.each([8000, 22_050, 44_100, 48_000, 96_000])(
    "finds clicks of 1 to 12 samples at %i Hz, where they are",
    (rate) => {
      const places = [0.4, 0.81, 1.5, 1.7, 2.6].map((seconds) => Math.round(seconds * rate));
      for (const length of [1, 2, 5, 12]) {
        const found = clicksOf(withClicks(music(rate), places, length, 0.15), rate);
        expect(found.length, `${length}`).toBe(places.length);
        for (const [index, { start, end, amplitude }] of found.entries()) {
          expect(Math.abs(start - places[index])).toBeLessThanOrEqual(8);
          expect(Math.abs(end - places[index] - length)).toBeLessThanOrEqual(8);
          expect(amplitude).toBeCloseTo(0.15, 1);
        }
      }
    },
  );

  test("finds a click far below the level of a low tone, and one in silence", () => {
    const low = sine(55, RATE, 2 * RATE, 0.8);
    expect(clicksOf(withClicks(low, [RATE], 1, 0.02)).map(({ start }) => start)).toEqual([RATE]);
    expect(clicksOf(withClicks(new Float32Array(RATE), [20_000], 3, 0.1))).toEqual([
      expect.objectContaining({ start: 20_000, end: 20_003, amplitude: expect.closeTo(0.1, 6) }),
    ]);
  });

  test("finds nothing in music without clicks, tones, noise, drums and silence", () => {
    const signals = [
      music(),
      sine(997, RATE, 2 * RATE, 1),
      noise(2 * RATE),
      drums(124, 8, RATE),
      new Float32Array(RATE),
      new Float32Array(RATE).fill(0.7),
    ];
    expect(signals.length).toBeGreaterThan(5);
    for (const signal of signals) expect(clicksOf(signal)).toEqual([]);
  });

  test("takes no step for a click: square waves of any frequency, clipped tones, notes that begin and end", () => {
    for (const hz of [3, 11, 50, 441]) {
      const square = sine(hz, RATE, 2 * RATE, 1).map((value) => (value >= 0 ? 0.8 : -0.8));
      expect(clicksOf(square), `${hz} Hz`).toEqual([]);
    }
    const clipped = sine(110, RATE, 2 * RATE, 2).map((value) => Math.max(-1, Math.min(1, value)));
    expect(clicksOf(clipped)).toEqual([]);
    const note = sine(330, RATE, 2 * RATE, 0.5)
      .fill(0, 0, 30_000)
      .fill(0, 60_033);
    expect(clicksOf(note)).toEqual([]);
    const louder = sine(330, RATE, 2 * RATE, 0.5).map((value, n) => (n < 40_020 ? 0.3 * value : value));
    expect(clicksOf(louder)).toEqual([]);
  });

  test("takes no stroke for a click: wood on wood, however short, and a metronome", () => {
    const hiss = noise(RATE, 9, 0.1);
    for (const decaySeconds of [0.0005, 0.002, 0.008]) {
      const strokes = noise(3 * RATE, 3, 0.002);
      for (const start of [20_000, 40_001, 63_000, 101_000]) {
        for (let k = 0; k < 4000; k++) {
          const tone = Math.sin((2 * Math.PI * 2300 * k) / RATE) + 0.7 * Math.sin((2 * Math.PI * 3700 * k) / RATE + 1);
          strokes[start + k] += Math.exp(-k / (decaySeconds * RATE)) * (0.3 * tone + hiss[k]);
        }
      }
      expect(clicksOf(strokes), `${decaySeconds} s`).toEqual([]);
    }
    expect(clicksOf(clicks([0.5, 1, 1.5, 2], 3, RATE))).toEqual([]);
  });

  test("takes no regular pulses for clicks: a voice's, down to 50 a second", () => {
    for (const hz of [50, 80, 150]) {
      const pulses = noise(2 * RATE, 4, 0.001);
      for (let n = 100; n < pulses.length - 400; n += Math.round(RATE / hz)) {
        for (let k = 0; k < 300; k++)
          pulses[n + k] += 0.5 * Math.exp(-k / 60) * Math.cos((2 * Math.PI * 700 * k) / RATE);
      }
      expect(clicksOf(pulses), `${hz} Hz`).toEqual([]);
    }
  });

  test("gives the same however the signal is cut, and nothing for an empty one", () => {
    const y = withClicks(music(), [9000, 30_000, 31_000, 88_000], 4, 0.2);
    const whole = clicksOf(y);
    expect(whole.length).toBe(4);
    for (const length of [1, 441, 7056, 50_000]) expect(clicksOf(y, RATE, length)).toEqual(whole);
    expect(clicksOf(new Float32Array(0), RATE, 1)).toEqual([]);
    expect(clicksOf(new Float32Array(10).fill(0.5))).toEqual([]);
  });
});
