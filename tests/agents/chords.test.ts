import { describe, expect, test } from "vitest";
import { chordSeconds, findChords } from "../../src/agents/chords.ts";
import type { Chromagram } from "../../src/agents/chromagram.ts";

const HOP = 0.2;

/** A chromagram whose frames hold the pitch classes given, the first of them in the bass; no pitch class is silence. */
function chromagram(frames: readonly (readonly number[])[]): Chromagram {
  const harmony = new Float64Array(12 * frames.length);
  const bass = new Float64Array(12 * frames.length);
  frames.forEach((tones, t) => {
    for (const tone of tones) harmony[12 * t + tone] = 1;
    if (tones.length > 0) bass[12 * t + tones[0]] = 1;
  });
  const audible = Uint8Array.from(frames, (tones) => (tones.length > 0 ? 1 : 0));
  const mean = new Float64Array(12);
  return { frames: frames.length, hopSeconds: HOP, harmony, bass, compressed: harmony, audible, inTune: 2, mean };
}

const times = (count: number, tones: readonly number[]) => new Array<readonly number[]>(count).fill(tones);
const C_MAJOR = [0, 4, 7];
const A_MINOR = [9, 0, 4];

describe("findChords", () => {
  test("finds chords and silence, one after the other, to the end", () => {
    const found = findChords(chromagram([...times(10, C_MAJOR), ...times(10, []), ...times(10, A_MINOR)]), null, [], 6);
    expect(found.map(({ chord }) => chord)).toEqual([0, 24, 12 + 9]);
    expect(found[0].startSeconds).toBe(0);
    expect(found[0].endSeconds).toBeCloseTo(1.9, 9);
    expect(found[1].endSeconds).toBeCloseTo(3.9, 9);
    expect(found[2].endSeconds).toBe(6);
    expect(found.every(({ margin }) => margin > 0.1)).toBe(true);
  });

  test("passes over a single odd frame", () => {
    const frames = [...times(8, C_MAJOR), A_MINOR, ...times(8, C_MAJOR)];
    expect(findChords(chromagram(frames), null, [], 3.4).map(({ chord }) => chord)).toEqual([0]);
  });

  test("moves a boundary to a beat that is near, and leaves it where none is", () => {
    const frames = chromagram([...times(10, C_MAJOR), ...times(10, A_MINOR)]);
    expect(findChords(frames, null, [0, 1, 2, 3], 4)[0].endSeconds).toBe(2);
    expect(findChords(frames, null, [0, 1.5, 3], 4)[0].endSeconds).toBeCloseTo(1.9, 9);
  });

  test("takes the root from the bass and prefers triads of the key", () => {
    const sixth = (first: number) => times(10, [first, ...[0, 4, 7, 9].filter((tone) => tone !== first)]);
    expect(findChords(chromagram(sixth(0)), null, [], 2)[0].chord).toBe(0);
    expect(findChords(chromagram(sixth(9)), null, [], 2)[0].chord).toBe(12 + 9);
    const open = times(10, [0, 7]);
    expect(findChords(chromagram(open), 0, [], 2)[0].chord).toBe(0);
    expect(findChords(chromagram(open), 12, [], 2)[0].chord).toBe(12);
  });

  test("reduces sevenths to their triads", () => {
    const found = (tones: readonly number[]) => findChords(chromagram(times(10, tones)), null, [], 2)[0].chord;
    expect(found([7, 11, 2, 5])).toBe(7);
    expect(found([0, 4, 7, 11])).toBe(0);
    expect(found([9, 0, 4, 7])).toBe(12 + 9);
  });

  test("gives how far the chord's mean score is ahead of the best other's", () => {
    const margin = (tones: readonly number[]) => findChords(chromagram(times(10, tones)), null, [], 2)[0].margin;
    // A triad alone scores 1 and 0.2 for its bass; A minor shares two of three notes: correlation 5/9, and no bass.
    expect(margin(C_MAJOR)).toBeGreaterThan(0.3);
    expect(margin(C_MAJOR)).toBeLessThan(1.2 - 5 / 9 + 1e-9);
    // An open fifth fits major and minor alike.
    expect(margin([0, 7])).toBeCloseTo(0, 9);
    expect(margin([0, 4, 7, 9])).toBeLessThan(margin(C_MAJOR));
  });

  test("has no chords without frames or duration", () => {
    expect(findChords(chromagram([]), null, [], 0)).toEqual([]);
    expect(findChords(chromagram(times(3, C_MAJOR)), null, [], 0)).toEqual([]);
  });
});

test("chordSeconds counts how long each triad sounds, and nothing for silence", () => {
  const seconds = chordSeconds(chromagram([...times(10, C_MAJOR), ...times(5, []), ...times(20, A_MINOR)]));
  expect(seconds[0]).toBeCloseTo(10 * HOP, 9);
  expect(seconds[12 + 9]).toBeCloseTo(20 * HOP, 9);
  expect(seconds.reduce((sum, value) => sum + value, 0)).toBeCloseTo(30 * HOP, 9);
});
