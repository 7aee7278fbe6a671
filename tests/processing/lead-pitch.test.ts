import { expect, test } from "vitest";
import { openStft } from "../../src/dsp/stft.ts";
import { harmonicWeight, leadPitch } from "../../src/processing/lead-pitch.ts";
import { sine } from "../fixtures/signals.ts";

const RATE = 44_100;
const STFT = openStft(4096, 1024);

function pitchOf(y: Float32Array): Float64Array {
  const frames = Math.floor((y.length - 4096) / 1024) + 1;
  const { bins, real, imaginary } = STFT.analyse(y, frames);
  const values = real.map((value, cell) => Math.hypot(value, imaginary[cell]));
  return leadPitch({ values, frames, bins, binHz: RATE / 4096 });
}

function harmonicTone(hz: number, length: number): Float32Array {
  return sine(hz, RATE, length).map((value, n) => {
    let sum = value;
    for (let k = 2; k <= 6; k++) sum += (0.5 / k) * Math.sin((2 * Math.PI * k * hz * n) / RATE);
    return sum;
  });
}

test.each([110, 220, 440, 830])("finds a harmonic tone of %i Hz in every frame", (hz) => {
  const found = pitchOf(harmonicTone(hz, RATE));
  expect(found.length).toBeGreaterThan(30);
  for (const value of found) expect(Math.abs(1200 * Math.log2(value / hz))).toBeLessThan(30);
});

test("follows a change of note", () => {
  const [low, high] = [harmonicTone(220, RATE), harmonicTone(330, RATE)];
  const found = pitchOf(Float32Array.from([...low, ...high]));
  expect(found[10]).toBeCloseTo(220, -1);
  expect(found.at(-10)).toBeCloseTo(330, -1);
});

test("gives a path even for silence, and none for no frames", () => {
  expect(pitchOf(new Float32Array(RATE)).every(Number.isFinite)).toBe(true);
  expect(leadPitch({ values: new Float32Array(0), frames: 0, bins: 2049, binHz: 10 })).toHaveLength(0);
});

test("weighs harmonics with 1, what lies between them with next to nothing, and what lies below with 0", () => {
  expect(harmonicWeight(660, 220, 10.77)).toBe(1);
  expect(harmonicWeight(550, 220, 10.77)).toBeLessThan(0.01);
  expect(harmonicWeight(100, 220, 10.77)).toBe(0);
});
