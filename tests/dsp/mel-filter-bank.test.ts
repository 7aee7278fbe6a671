import { expect, test } from "vitest";
import { createMelFilterBank, hzToMel, melToHz } from "../../src/dsp/mel-filter-bank.ts";

test("has Slaney's scale: 15 mel at 1 kHz, and 27 steps from there to 6.4 kHz", () => {
  expect(hzToMel(500)).toBeCloseTo(7.5, 12);
  expect(hzToMel(1000)).toBeCloseTo(15, 12);
  expect(hzToMel(6400)).toBeCloseTo(42, 12);
  for (const hz of [0, 60, 999, 1000, 4321, 11_025]) expect(melToHz(hzToMel(hz))).toBeCloseTo(hz, 8);
});

test("makes triangles of unit area that peak at equal steps of mel", () => {
  const bank = createMelFilterBank(22_050, 2048, 40, 0, 11_025);
  expect(bank.weights.length).toBe(40);
  const binHz = 22_050 / 2048;
  const step = hzToMel(11_025) / 41;
  for (let band = 5; band < 40; band++) {
    const filter = bank.weights[band];
    const area = filter.reduce((sum, weight) => sum + weight, 0) * binHz;
    expect(Math.abs(area - 1)).toBeLessThan(0.03);
    const peakHz = (bank.firstBins[band] + filter.indexOf(Math.max(...filter))) * binHz;
    expect(Math.abs(peakHz - melToHz(step * (band + 1)))).toBeLessThanOrEqual(binHz);
  }
});

test("weighs each bin as the triangle between its neighbours' centres, and offsets both arrays", () => {
  const bank = createMelFilterBank(22_050, 2048, 128, 0, 11_025);
  const step = hzToMel(11_025) / 129;
  const bin = 300;
  const hz = (bin * 22_050) / 2048;
  const power = new Float64Array(2 * 1025);
  power[1025 + bin] = 2;
  const mel = new Float64Array(3 * 128);
  bank.apply(power, 1025, mel, 256);
  expect(mel.subarray(0, 256).every((value) => value === 0)).toBe(true);
  for (let band = 0; band < 128; band++) {
    const [left, centre, right] = [band, band + 1, band + 2].map((edge) => melToHz(step * edge));
    const triangle = Math.max(0, Math.min((hz - left) / (centre - left), (right - hz) / (right - centre)));
    expect(mel[256 + band]).toBeCloseTo((2 * 2 * triangle) / (right - left), 10);
  }
});
