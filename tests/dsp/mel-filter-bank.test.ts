import { expect, test } from "vitest";
import { hzToMel, melFilters, melToHz } from "../../src/dsp/mel-filter-bank.ts";

test("has Slaney's scale: 15 mel at 1 kHz, and 27 steps from there to 6.4 kHz", () => {
  expect(hzToMel(500)).toBeCloseTo(7.5, 12);
  expect(hzToMel(1000)).toBeCloseTo(15, 12);
  expect(hzToMel(6400)).toBeCloseTo(42, 12);
  for (const hz of [0, 60, 999, 1000, 4321, 11_025]) expect(melToHz(hzToMel(hz))).toBeCloseTo(hz, 8);
});

test("makes triangles of unit area that peak at equal steps of mel", () => {
  const filters = melFilters(22_050, 2048, 40, 0, 11_025);
  expect(filters.length).toBe(40);
  const binHz = 22_050 / 2048;
  const step = hzToMel(11_025) / 41;
  for (let band = 5; band < 40; band++) {
    const { first } = filters[band];
    const weights = Array.from(filters[band].weights);
    const area = weights.reduce((sum, weight) => sum + weight, 0) * binHz;
    expect(Math.abs(area - 1)).toBeLessThan(0.03);
    const peakHz = (first + weights.indexOf(Math.max(...weights))) * binHz;
    expect(Math.abs(peakHz - melToHz(step * (band + 1)))).toBeLessThanOrEqual(binHz);
  }
});

test("weighs each bin as the triangle between its neighbours' centres", () => {
  const filters = melFilters(22_050, 2048, 128, 0, 11_025);
  const step = hzToMel(11_025) / 129;
  const bin = 300;
  const hz = (bin * 22_050) / 2048;
  filters.forEach(({ first, weights }, band) => {
    const [left, centre, right] = [band, band + 1, band + 2].map((edge) => melToHz(step * edge));
    const triangle = Math.max(0, Math.min((hz - left) / (centre - left), (right - hz) / (right - centre)));
    expect(weights[bin - first] ?? 0).toBeCloseTo((2 * triangle) / (right - left), 10);
  });
});
