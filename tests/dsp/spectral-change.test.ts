import { describe, expect, test } from "vitest";
import { openSpectralChange } from "../../src/dsp/spectral-change.ts";

/** The changes of rows of four bands, of which the two in the middle are looked at, pushed `cut` frames at a time. */
function changesOf(rows: readonly (readonly number[])[], cut = 7): number[] {
  const changes: number[] = [];
  const run = openSpectralChange(4, 1, 3, (change) => changes.push(change));
  for (let start = 0; start < rows.length; start += cut) {
    const part = rows.slice(start, start + cut);
    run.push(Float32Array.from(part.flat()), part.length);
  }
  run.end();
  return changes;
}

const step = (at: number, frames: number, before: readonly number[], after: readonly number[]) =>
  Array.from({ length: frames }, (_, frame) => (frame < at ? before : after));

describe("openSpectralChange", () => {
  test("is the root mean square difference of the bands at a step, and greatest there", () => {
    const changes = changesOf(step(100, 200, [9, 1, 2, 9], [0, 4, 6, 0]));
    expect(changes.length).toBe(200);
    expect(changes[100]).toBeCloseTo(Math.sqrt((9 + 16) / 2), 9);
    expect(Math.max(...changes)).toBe(changes[100]);
    expect(changes[60]).toBe(0);
    expect(changes[130]).toBe(0);
  });

  test("does not see other bands, nor strokes that end within the attack", () => {
    expect(Math.max(...changesOf(step(50, 100, [1, 2, 2, 1], [5, 2, 2, 7])))).toBe(0);
    const stroke = Array.from({ length: 200 }, (_, frame) =>
      frame >= 100 && frame < 104 ? [0, 5, 5, 0] : [0, 1, 1, 0],
    );
    expect(changesOf(stroke)[100]).toBe(0);
  });

  test("is the same however the rows are cut, and for each frame of short ones", () => {
    const rows = Array.from({ length: 150 }, (_, frame) => [0, Math.sin(frame / 9), Math.cos(frame / 5), 1]);
    expect(changesOf(rows, 64)).toEqual(changesOf(rows, 1));
    for (const frames of [0, 1, 3, 30]) {
      const changes = changesOf(rows.slice(0, frames));
      expect(changes.length).toBe(frames);
      expect(changes.every(Number.isFinite)).toBe(true);
    }
  });
});
