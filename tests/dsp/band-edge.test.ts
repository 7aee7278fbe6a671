import { describe, expect, test } from "vitest";
import { bandEdgeHz } from "../../src/dsp/band-edge.ts";

const BIN_HZ = 44_100 / 16_384;
const BINS = 8193;
const spectrum = (dbAt: (hz: number) => number) =>
  Float64Array.from({ length: BINS }, (_, bin) => 10 ** (dbAt(bin * BIN_HZ) / 10));

describe("bandEdgeHz", () => {
  test.each([11_025, 16_000, 19_900])("finds a spectrum that breaks off at %i Hz", (edge) => {
    const found = bandEdgeHz(
      spectrum((hz) => (hz < edge ? -60 - hz / 1000 : -110)),
      BIN_HZ,
      1,
    );
    expect(Math.abs((found ?? 0) - edge)).toBeLessThanOrEqual(150);
  });

  test("finds none in a slope, a flat spectrum, single lines, silence, and the converter's own filter", () => {
    const none: ((hz: number) => number)[] = [
      (hz) => -20 - 12 * Math.log2(Math.max(hz, 20) / 20),
      () => -80,
      (hz) => (Math.abs(hz - 8000) < 10 ? -10 : -100),
      () => Number.NEGATIVE_INFINITY,
      (hz) => (hz < 20_700 ? -80 : -130),
    ];
    expect(none.length).toBe(5);
    for (const dbAt of none) expect(bandEdgeHz(spectrum(dbAt), BIN_HZ, 1)).toBeNull();
  });

  test("finds none where sound goes on above the drop, or the band ends below 16 kHz", () => {
    const notch = spectrum((hz) => (hz > 12_000 && hz < 14_000 ? -110 : -60));
    expect(bandEdgeHz(notch, BIN_HZ, 1)).toBeNull();
    expect(
      bandEdgeHz(
        spectrum((hz) => (hz < 16_000 ? -60 : -110)),
        BIN_HZ / 2,
        1,
      ),
    ).toBeNull();
  });
});
