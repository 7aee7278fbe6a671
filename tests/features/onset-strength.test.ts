import { describe, expect, test } from "vitest";
import { sine } from "../fixtures/signals.ts";
import { extract } from "./extract.ts";

const RATE = 22_050;
const onsetsOf = (y: Float32Array) => extract([y], RATE, ["onsetStrength"]).onsetStrength;

describe("onsetStrength", () => {
  test("rises where a tone begins and not where it fades out", () => {
    const fade = 0.3 * RATE;
    const y = sine(440, RATE, 3 * RATE).map((value, n) => value * Math.max(0, Math.min(1, (2 * RATE - n) / fade)));
    y.fill(0, 0, RATE);
    const { strength, hopSeconds, delaySeconds } = onsetsOf(y);
    const strongest = strength.indexOf(Math.max(...strength));
    expect(Math.abs(strongest * hopSeconds + delaySeconds - 1)).toBeLessThan(0.02);
    const fadeStart = Math.round(1.6 / hopSeconds);
    expect(Math.max(...strength.subarray(fadeStart, fadeStart + 20))).toBeLessThan(0.1 * strength[strongest]);
  });

  test("is zero in silence and in the first frame, and close to it in a steady tone", () => {
    expect(onsetsOf(new Float32Array(RATE)).strength.every((value) => value === 0)).toBe(true);
    const { strength } = onsetsOf(sine(1000, RATE, RATE));
    expect(strength[0]).toBe(0);
    expect(Math.max(...strength.subarray(4, 38))).toBeLessThan(0.02);
  });
});
