import { describe, expect, test } from "vitest";
import { keyFitOfChords } from "../../src/agents/key-from-chords.ts";

const chords = (seconds: Readonly<Record<number, number>>) =>
  Float64Array.from({ length: 24 }, (_, chord) => seconds[chord] ?? 0);
const bestKey = (fits: Float64Array) => fits.indexOf(0);

describe("keyFitOfChords", () => {
  test.each([0, 4, 11])("finds the key of I, IV, V and vi, %i semitones up", (up) => {
    const on = (root: number) => (root + up) % 12;
    expect(bestKey(keyFitOfChords(chords({ [on(0)]: 4, [on(5)]: 2, [on(7)]: 2, [12 + on(9)]: 1 })))).toBe(up);
  });

  test("finds the minor key of i, VI, VII", () => {
    expect(bestKey(keyFitOfChords(chords({ 21: 3, 5: 1, 7: 1 })))).toBe(21);
  });

  test("depends on shares of time only, and is 0 throughout without chords", () => {
    const [short, long] = [keyFitOfChords(chords({ 0: 1, 7: 1 })), keyFitOfChords(chords({ 0: 9, 7: 9 }))];
    for (const [key, fit] of long.entries()) expect(fit).toBeCloseTo(short[key], 12);
    expect(keyFitOfChords(chords({})).every((fit) => fit === 0)).toBe(true);
  });
});
