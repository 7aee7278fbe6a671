import { expect, test } from "vitest";
import type { AudioBlock } from "../../src/audio/audio-format.ts";
import { inFormat, stereoBlocks } from "../../src/processing/stem-format.ts";
import { sine } from "../fixtures/signals.ts";

async function* one(channels: readonly Float32Array[]): AsyncGenerator<AudioBlock> {
  yield { channels, length: channels[0].length };
}

async function collect(blocks: AsyncIterable<AudioBlock>): Promise<number[][]> {
  const rows: number[][] = [];
  for await (const { channels } of blocks) {
    for (const [channel, samples] of channels.entries()) rows[channel] = [...(rows[channel] ?? []), ...samples];
  }
  return rows;
}

/** What each channel of a file of so many goes into, left and right, times sqrt(2). */
test.each([
  [
    3,
    [
      [2, 0],
      [0, 2],
      [1, 1],
    ],
  ],
  [
    4,
    [
      [2, 0],
      [0, 2],
      [1, 0],
      [0, 1],
    ],
  ],
  [
    5,
    [
      [2, 0],
      [0, 2],
      [1, 1],
      [1, 0],
      [0, 1],
    ],
  ],
  [
    6,
    [
      [2, 0],
      [0, 2],
      [1, 1],
      [0, 0],
      [1, 0],
      [0, 1],
    ],
  ],
  [
    7,
    [
      [2, 0],
      [0, 2],
      [1, 1],
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ],
  ],
  [
    8,
    [
      [2, 0],
      [0, 2],
      [1, 1],
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 1],
    ],
  ],
])("mixes %i channels down by their places", async (count, gains) => {
  for (const [channel, [left, right]] of gains.entries()) {
    const channels = Array.from({ length: count }, (_, index) => Float32Array.of(index === channel ? 1 : 0));
    const [[l], [r]] = await collect(stereoBlocks(one(channels)));
    const toGain = (twice: number) => (twice === 2 ? 1 : twice * Math.SQRT1_2);
    expect([l, r]).toEqual([toGain(left), toGain(right)].map((gain) => expect.closeTo(gain, 6)));
  }
});

test("takes samples that are no numbers as 0", async () => {
  const channels = [Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY)];
  expect(await collect(stereoBlocks(one(channels)))).toEqual([[0, 1, 0]]);
});

test("doubles mono, and averages stereo", async () => {
  const mono = { sampleRate: 8000, channels: 1 };
  const stereo = { sampleRate: 8000, channels: 2 };
  expect(await collect(inFormat(one([Float32Array.of(1, 2)]), mono, stereo))).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(await collect(inFormat(one([Float32Array.of(1, 2), Float32Array.of(3, 0)]), stereo, mono))).toEqual([[2, 1]]);
});

test("changes the rate without moving the signal", async () => {
  const y = sine(440, 48_000, 48_000);
  const [there] = await collect(
    inFormat(one([y]), { sampleRate: 48_000, channels: 1 }, { sampleRate: 44_100, channels: 1 }),
  );
  expect(there).toHaveLength(44_100);
  const expected = sine(440, 44_100, 44_100);
  for (let n = 1000; n < 43_000; n++) expect(Math.abs(there[n] - expected[n])).toBeLessThan(1e-4);
});
