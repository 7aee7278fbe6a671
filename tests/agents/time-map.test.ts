import { describe, expect, test } from "vitest";
import { barCount, barRange, findSections, positionAt, timeMap } from "../../src/agents/time-map.ts";

/** 120 BPM in 4/4: an upbeat of one beat, bars of 2 s from 0.5 s on, the last one cut off after a beat. */
const rhythm = {
  beat_times_seconds: Array.from({ length: 14 }, (_, beat) => beat * 0.5),
  downbeat_times_seconds: [0.5, 2.5, 4.5, 6.5],
};
const section = (start_seconds: number, end_seconds: number, label: string) => ({ start_seconds, end_seconds, label });
const structure = {
  sections: [section(0, 0.5, "A"), section(0.5, 2.5, "B"), section(2.5, 4.5, "C"), section(4.5, 7, "B")],
};
const map = timeMap(rhythm, structure, 7);

describe("bars", () => {
  test("count from 1 at the first downbeat", () => {
    expect(barCount(map)).toBe(4);
    expect(barRange(map, 1, 1)).toEqual({ from: 0.5, to: 2.5 });
    expect(barRange(map, 2, 3)).toEqual({ from: 2.5, to: 6.5 });
  });

  test("an upbeat is bar 0, and the last bar ends with the recording", () => {
    expect(barRange(map, 0, 0)).toEqual({ from: 0, to: 0.5 });
    expect(barRange(map, 4, 4)).toEqual({ from: 6.5, to: 7 });
  });

  test.each([
    [0, 5],
    [5, 5],
    [3, 2],
    [-1, 2],
  ])("%i to %i is no range of them", (first, last) => expect(barRange(map, first, last)).toBeNull());

  test("there is no bar 0 where the recording begins with a downbeat", () => {
    expect(barRange(timeMap({ downbeat_times_seconds: [0, 2] }, null, 4), 0, 0)).toBeNull();
  });

  test("there are none without downbeats", () => {
    const without = timeMap({ beat_times_seconds: [0, 1], downbeat_times_seconds: [] }, null, 7);
    expect(barCount(without)).toBe(0);
    expect(barRange(without, 0, 1)).toBeNull();
    expect(positionAt(without, 1)).toEqual({ bar: null, beat: null, section: null });
    expect(barCount(timeMap(null, null, 7))).toBe(0);
  });
});

describe("a moment", () => {
  test.each([
    [0, { bar: 0, beat: 1, section: "A" }],
    [0.5, { bar: 1, beat: 1, section: "B1" }],
    [0.49, { bar: 1, beat: 1, section: "A" }],
    [1.2, { bar: 1, beat: 2, section: "B1" }],
    [2.4, { bar: 1, beat: 4, section: "B1" }],
    [4.5, { bar: 3, beat: 1, section: "B2" }],
    [7, { bar: 4, beat: 1, section: null }],
  ])("at %d s has its bar, beat and section", (time, position) => {
    const { bar, beat, section: name } = positionAt(map, time);
    expect({ bar, section: name }).toEqual({ bar: position.bar, section: position.section });
    if (time < 7) expect(beat).toBe(position.beat);
  });

  test("between two barlines stands in the range of its bar", () => {
    for (let time = 0.6; time < 6.4; time += 0.37) {
      const { bar } = positionAt(map, time);
      const range = barRange(map, bar ?? -1, bar ?? -1);
      expect(range?.from).toBeLessThanOrEqual(time);
      expect(range?.to).toBeGreaterThan(time);
    }
  });
});

describe("a section", () => {
  const namesOf = (reference: string) => findSections(map, reference).map(({ name }) => name);

  test("is found by label, by label and occurrence, and by number", () => {
    expect(namesOf("c")).toEqual(["C"]);
    expect(namesOf("B")).toEqual(["B1", "B2"]);
    expect(namesOf("b2")).toEqual(["B2"]);
    expect(namesOf("C1")).toEqual(["C"]);
    expect(namesOf("3")).toEqual(["C"]);
    expect(findSections(map, "B2")).toMatchObject([{ from: 4.5, to: 7 }]);
  });

  test.each(["D", "B3", "0", "9", "", "B0"])("%j is none", (reference) => expect(namesOf(reference)).toEqual([]));
});
