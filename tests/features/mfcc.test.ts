import { describe, expect, test } from "vitest";
import { MEL_BANDS } from "../../src/features/mel-spectrogram.ts";
import { MFCC_COUNT } from "../../src/features/mfcc.ts";
import { noise } from "../fixtures/signals.ts";
import { extract, stagesOf } from "./extract.ts";

const RATE = 22_050;

describe("mfcc", () => {
  test("is the DCT of mel bands in dB, limited to 80 dB below the greatest of the whole file", () => {
    // Loud, then quiet, then silent: the limit of the loud end must hold for the quiet frames before it.
    const y = noise(40_000).map((value, n) => (n < 15_000 ? value * 1e-5 : n < 30_000 ? value : 0));
    const { coefficients, frames } = extract([y], RATE, ["mfcc"]).mfcc;
    const decibels = stagesOf([y], RATE).mel.map((row) =>
      Array.from(row, (value) => 10 * Math.log10(Math.max(value, 1e-10))),
    );
    const floor = Math.max(...decibels.flat()) - 80;
    expect(frames).toBe(decibels.length);
    for (const frame of [0, 10, 29, 40, 75]) {
      for (const k of [0, 1, 7, 19]) {
        const scale = Math.sqrt((k === 0 ? 1 : 2) / MEL_BANDS);
        const expected = decibels[frame].reduce(
          (sum, db, band) => sum + scale * Math.max(db, floor) * Math.cos((Math.PI * k * (band + 0.5)) / MEL_BANDS),
          0,
        );
        expect(Math.abs(coefficients[frame * MFCC_COUNT + k] - expected)).toBeLessThan(1e-3);
      }
    }
  });

  test("has bands of -100 dB in silence: the first coefficient is -100 times the root of 128, the others 0", () => {
    const { coefficients } = extract([new Float32Array(2000)], RATE, ["mfcc"]).mfcc;
    expect(coefficients[0]).toBeCloseTo(-100 * Math.sqrt(128), 2);
    for (let k = 1; k < MFCC_COUNT; k++) expect(Math.abs(coefficients[k])).toBeLessThan(1e-3);
  });

  test("keeps more frames than fit one page", () => {
    expect(extract([noise(600_000)], RATE, ["mfcc"]).mfcc.frames).toBe(1 + Math.floor(600_000 / 512));
  });
});
