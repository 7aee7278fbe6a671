import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { wasmDecoder } from "../../src/audio/wasm-decoder.ts";
import { parseWavHeader } from "../../src/audio/wav-header.ts";
import { openWavWriter, type WavSampleFormat } from "../../src/audio/wav-writer.ts";
import { noise } from "../fixtures/signals.ts";
import { decodeAll, openSource, writeTestFile } from "./audio-files.ts";

const FORMAT = { sampleRate: 48_000, channels: 2 };

function freePath(): string {
  return join(dirname(writeTestFile("anchor", "")), "out.wav");
}

async function write(samples: readonly Float32Array[], sampleFormat: WavSampleFormat) {
  const path = freePath();
  const writer = await openWavWriter(path, { ...FORMAT, channels: samples.length }, sampleFormat);
  for (let start = 0; start < samples[0].length; start += 1001) {
    const channels = samples.map((y) => y.subarray(start, start + 1001));
    await writer.write({ channels, length: channels[0].length });
  }
  await writer.finish();
  return { path, clippedCount: writer.clippedCount };
}

test.each([
  ["pcm16", 2 ** -16],
  ["pcm24", 2 ** -24],
  ["float32", 0],
] as const)("%s comes back within half a step", async (sampleFormat, tolerance) => {
  const samples = [noise(5005, 1), noise(5005, 2)];
  const { path, clippedCount } = await write(samples, sampleFormat);
  expect(clippedCount).toBe(0);
  const { channels, sampleRate } = await decodeAll(wasmDecoder, openSource(path));
  expect(sampleRate).toBe(48_000);
  for (const [channel, y] of samples.entries()) {
    expect(channels[channel].length).toBe(5005);
    const worst = y.reduce((most, value, n) => Math.max(most, Math.abs(value - channels[channel][n])), 0);
    expect(worst).toBeLessThanOrEqual(tolerance);
  }
});

test("limits and counts what is beyond full scale, and lets full scale itself pass", async () => {
  const { path, clippedCount } = await write([Float32Array.of(1, -1, 1.5, -1.5, 0)], "pcm16");
  expect(clippedCount).toBe(2);
  const { channels } = await decodeAll(wasmDecoder, openSource(path));
  expect([...channels[0]].map((value) => Math.round(value * 32_768))).toEqual([32_767, -32_768, 32_767, -32_768, 0]);
});

test("ends an odd number of bytes with one more, as chunks begin at even places", async () => {
  const { path } = await write([Float32Array.of(0.5)], "pcm24");
  const bytes = readFileSync(path);
  expect(bytes.length % 2).toBe(0);
  expect(parseWavHeader(bytes)).toMatchObject({ dataBytes: 3 });
  expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
});

test("never writes over a file", async () => {
  const path = writeTestFile("taken.wav", "mine");
  await expect(openWavWriter(path, FORMAT, "pcm16")).rejects.toMatchObject({ code: "EEXIST" });
  expect(readFileSync(path, "utf8")).toBe("mine");
});
