import { expect, test } from "vitest";
import { FloatSeries } from "../../src/dsp/float-series.ts";

test("grows over its first capacity and gives exactly what was pushed", () => {
  const series = new FloatSeries();
  expect(series.toArray().length).toBe(0);
  for (let n = 0; n < 3000; n++) series.push(n / 2);
  expect(series.length).toBe(3000);
  expect(series.toArray()).toEqual(Float32Array.from({ length: 3000 }, (_, n) => n / 2));
});
