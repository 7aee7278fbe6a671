import { describe, expect, test } from "vitest";
import { trackBars as trackBarsBy } from "../../src/dsp/bar-tracking.ts";
import { noise } from "../fixtures/signals.ts";

/** Chances of a downbeat at every beat of bars of the lengths given, with noise. */
function chancesOf(bars: readonly number[], spread: number): { chances: number[]; downbeats: number[] } {
  const chances: number[] = [];
  const downbeats: number[] = [];
  const deviations = noise(
    bars.reduce((sum, bar) => sum + bar, 0),
    3,
    spread,
  );
  for (const bar of bars) {
    downbeats.push(chances.length);
    for (let beat = 0; beat < bar; beat++) {
      const chance = (beat === 0 ? 0.9 : 0.1) + deviations[chances.length];
      chances.push(Math.min(1, Math.max(0, chance)));
    }
  }
  return { chances, downbeats };
}

/** Without changes of the spectrum. */
const trackBars = (chances: readonly number[]) =>
  trackBarsBy(
    chances,
    chances.map(() => 0),
  );

const bars = (beatsPerBar: number, count: number) => Array.from({ length: count }, () => beatsPerBar);

describe("trackBars", () => {
  test.each([3, 4, 5, 6, 7])("finds bars of %i beats, wherever the first begins", (beatsPerBar) => {
    const { chances, downbeats } = chancesOf(bars(beatsPerBar, 24), 0.1);
    expect(trackBars(chances)).toMatchObject({ downbeats, meters: [{ beatsPerBar }, {}, {}, {}, {}, {}] });
    const shifted = downbeats.slice(1).map((beat) => beat - 1);
    const found = trackBars(chances.slice(1)).downbeats;
    expect(found.filter((beat) => shifted.includes(beat))).toEqual(shifted);
  });

  test("gives weights that sum to 1, the likeliest first, and doubts what is alike", () => {
    const { meters } = trackBars(chancesOf(bars(4, 12), 0.1).chances);
    expect(meters.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
    expect(meters[0].weight).toBeGreaterThan(0.9);
    expect(trackBars(bars(1, 40).map(() => 0.3)).meters[0].weight).toBeLessThan(0.9);
  });

  test("follows a change from four to three beats, and a bar cut short", () => {
    const changed = chancesOf([...bars(4, 24), ...bars(3, 24)], 0.1);
    expect(trackBars(changed.chances).downbeats).toEqual(changed.downbeats);
    const cut = chancesOf([...bars(4, 16), 3, ...bars(4, 16)], 0.1);
    expect(trackBars(cut.chances).downbeats).toEqual(cut.downbeats);
  });

  test("gives nothing without beats, and stands one", () => {
    expect(trackBars([])).toEqual({ downbeats: [], meters: [] });
    expect(trackBars([0.5]).meters.length).toBe(6);
  });

  test("follows the changes of the spectrum where downbeats are unclear", () => {
    const { downbeats, chances } = chancesOf(bars(4, 12), 0.1);
    const unclear = chances.map(() => 0.3);
    const changes = chances.map((_, beat) => (downbeats.includes(beat) ? 0.8 : 0.3));
    expect(trackBarsBy(unclear, changes)).toMatchObject({
      downbeats,
      meters: [{ beatsPerBar: 4 }, {}, {}, {}, {}, {}],
    });
  });
});
