import { expect, test } from "vitest";
import { openStemMeter } from "../../src/processing/stem-measures.ts";
import { noise, sine } from "../fixtures/signals.ts";

const FORMAT = { sampleRate: 44_100, channels: 1 };
const LENGTH = 44_100;

function measure(mixture: Float32Array, stems: readonly Float32Array[]) {
  const meter = openStemMeter(FORMAT, stems.length);
  for (let start = 0; start < LENGTH; start += 11_025) {
    const block = (y: Float32Array) => ({ channels: [y.subarray(start, start + 11_025)], length: 11_025 });
    meter.push(block(mixture), stems.map(block));
  }
  return meter.finish();
}

test("gives levels and shares of tones, and no bleed where they share no cell", () => {
  const [low, high] = [sine(200, 44_100, LENGTH, 0.5), sine(5000, 44_100, LENGTH, 0.25)];
  const { stems, residualDb } = measure(
    low.map((value, n) => value + high[n]),
    [low, high],
  );
  expect(stems[0].rmsDbfs).toBeCloseTo(-9.03, 2);
  expect(stems[0].energyShare).toBeCloseTo(0.8, 3);
  expect(stems[1].energyShare).toBeCloseTo(0.2, 3);
  expect(stems[1].truePeakDbtp).toBeCloseTo(-12.04, 1);
  for (const stem of stems) expect(stem.bleedEstimate).toBeLessThan(0.001);
  expect(residualDb).toBeLessThan(-140);
});

test("gives the greatest bleed for four stems that are the same, and the part that is missing", () => {
  const y = noise(LENGTH);
  const quarter = y.map((value) => 0.2 * value);
  const { stems, residualDb } = measure(y, [quarter, quarter, quarter, quarter]);
  for (const stem of stems) expect(stem.bleedEstimate).toBeCloseTo(0.75, 6);
  // One fifth of the amplitude is in no stem.
  expect(residualDb).toBeCloseTo(-13.98, 2);
});

test("says nothing of silence", () => {
  const silence = new Float32Array(LENGTH);
  const { stems, residualDb } = measure(silence, [silence, silence]);
  expect(residualDb).toBeNull();
  expect(stems[0]).toEqual({
    integratedLufs: null,
    truePeakDbtp: null,
    rmsDbfs: null,
    energyShare: null,
    bleedEstimate: null,
  });
});
