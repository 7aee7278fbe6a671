import { describe, expect, test } from "vitest";
import { createTuningHistogram } from "../../src/dsp/tuning.ts";

describe("createTuningHistogram", () => {
  test.each([-49, -31.8, -0.2, 0, 12.4, 48])("finds notes %f cents from equal temperament", (cents) => {
    const tuning = createTuningHistogram();
    for (const midi of [45, 52, 57, 60, 64, 69, 81]) tuning.add(440 * 2 ** ((midi - 69 + cents / 100) / 12), 1);
    expect(Math.abs(tuning.cents() - cents)).toBeLessThan(1);
  });

  test("follows the notes, not their fifth and seventh harmonics", () => {
    const tuning = createTuningHistogram();
    for (const midi of [45, 48, 52, 55]) {
      for (let harmonic = 1; harmonic <= 7; harmonic++)
        tuning.add(440 * 2 ** ((midi - 69) / 12) * harmonic, 1 / harmonic);
    }
    expect(Math.abs(tuning.cents())).toBeLessThan(1.5);
  });

  test("is 0 where nothing was counted", () => expect(createTuningHistogram().cents()).toBe(0));
});
