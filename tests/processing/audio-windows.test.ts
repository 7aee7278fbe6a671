import { expect, test } from "vitest";
import type { AudioBlock } from "../../src/audio/audio-format.ts";
import { audioWindows, type WindowPlan } from "../../src/processing/audio-windows.ts";

/** The numbers 1 to `length`, in blocks of 7. */
async function* counting(length: number): AsyncGenerator<AudioBlock> {
  for (let start = 0; start < length; start += 7) {
    const samples = Float32Array.from({ length: Math.min(7, length - start) }, (_, n) => start + n + 1);
    yield { channels: [samples, samples.map((value) => -value)], length: samples.length };
  }
}

async function windowsOf(length: number, plan: WindowPlan) {
  const windows: { start: number; left: number[]; right: number[] }[] = [];
  for await (const { start, channels } of audioWindows(counting(length), 2, plan)) {
    windows.push({ start, left: [...channels[0]], right: [...channels[1]] });
  }
  return windows;
}

test.each([1, 9, 10, 11, 20, 35])("gives every sample of %i with its context, and zeros outside", async (length) => {
  const plan = { before: 3, length: 14, step: 10, beyond: 0 };
  const windows = await windowsOf(length, plan);
  expect(windows.map(({ start }) => start)).toEqual(Array.from({ length: Math.ceil(length / 10) }, (_, k) => 10 * k));
  for (const { start, left, right } of windows) {
    const expected = Array.from({ length: 17 }, (_, n) => {
      const sample = start - 3 + n;
      return sample >= 0 && sample < length ? sample + 1 : 0;
    });
    expect(left).toEqual(expected);
    expect(right.map((value) => 0 - value)).toEqual(expected);
  }
});

test("goes on beyond the end as far as it is told", async () => {
  const windows = await windowsOf(10, { before: 0, length: 10, step: 10, beyond: 3 });
  expect(windows.map(({ start }) => start)).toEqual([0, 10]);
});

test("gives none for an empty stream", async () => {
  expect(await windowsOf(0, { before: 3, length: 14, step: 10, beyond: 5 })).toEqual([]);
});
