import { describe, expect, test } from "vitest";
import { pitchPath } from "../../src/dsp/pitch-path.ts";

const COSTS = { octave: 20, voicing: 4, unvoiced: -3 };

function path(frames: readonly (readonly [number, number, number, number])[], allowed = frames.map(() => 1)): number[] {
  const hz = Float32Array.from(frames.flatMap(([a, , b]) => [a, b]));
  const probability = Float32Array.from(frames.flatMap(([, a, , b]) => [a, b]));
  return [...pitchPath(hz, probability, 2, Uint8Array.from(allowed), COSTS)];
}

describe("pitchPath", () => {
  test("stays in its octave where a frame favours another", () => {
    const frames = Array.from({ length: 9 }, (_, t) => [220, t === 4 ? 0.2 : 0.9, 110, t === 4 ? 0.7 : 0.05] as const);
    expect(path(frames)).toEqual(new Array(9).fill(0));
  });

  test("is unvoiced where nothing is likely, and where it must be", () => {
    const likely = [200, 0.9, 0, 0] as const;
    const unlikely = [300, 0.0001, 0, 0] as const;
    const frames = [...new Array(5).fill(likely), ...new Array(5).fill(unlikely), ...new Array(5).fill(likely)];
    expect(path(frames)).toEqual([0, 0, 0, 0, 0, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0]);
    expect(path(new Array(4).fill(likely), [1, 1, 0, 0])).toEqual([0, 0, -1, -1]);
  });

  test("has no path without frames", () => expect(path([])).toEqual([]));
});
