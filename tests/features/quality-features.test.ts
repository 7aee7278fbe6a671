import { describe, expect, test } from "vitest";
import { noise, sine } from "../fixtures/signals.ts";
import { extract } from "./extract.ts";

const RATE = 44_100;
const NAMES = ["clipping", "clicks", "channelStatistics", "quietWindows", "sampledSpectra"] as const;

test.each(NAMES)("%s gives the same bits however the signal is cut", (name) => {
  const channels = [1, 2].map((seed) => noise(2 * RATE, seed, 1).map((value) => Math.min(0.8, value)));
  for (const y of channels) y.fill(0, 20_000, 40_000);
  const whole = extract(channels, RATE, [name]);
  for (const blockLength of [7, 1000, 65_536]) expect(extract(channels, RATE, [name], blockLength)).toEqual(whole);
});

test.each(NAMES)("%s is finite in emptiness", (name) => {
  const frames = extract([new Float32Array(0)], RATE, [name]);
  expect(JSON.stringify(frames)).not.toContain("null,");
});

describe("clipping", () => {
  const clippingOf = (y: Float32Array) => extract([y], RATE, ["clipping"]).clipping.regions;

  test("needs five flat tops at a level, or one at full scale", () => {
    const y = new Float32Array(RATE);
    for (let run = 0; run < 4; run++) y.fill(0.7, 1000 * (run + 1), 1000 * (run + 1) + 4);
    expect(clippingOf(y)).toEqual([]);
    y.fill(0.7, 30_000, 30_004);
    expect(clippingOf(y).map(({ runs }) => runs)).toEqual([4, 1]);
    const lone = new Float32Array(RATE).fill(1, 5000, 5003);
    expect(clippingOf(lone)).toEqual([
      { channel: 0, startSeconds: 5000 / RATE, endSeconds: 5003 / RATE, level: 1, runs: 1, samples: 3 },
    ]);
  });
});

describe("clicks", () => {
  test("keeps the first of each channel, in order of time, and counts the rest", () => {
    const y = new Float32Array(2100 * 1000);
    for (let n = 500; n < y.length; n += 1000) y[n] = 0.5;
    const { clicks, count } = extract([y, y], 8000, ["clicks"], 8000).clicks;
    expect(clicks.length).toBe(4000);
    expect(count).toBe(4200);
    expect(clicks.slice(0, 2).map(({ channel, startSeconds }) => [channel, startSeconds])).toEqual([
      [0, 500 / 8000],
      [1, 500 / 8000],
    ]);
  });
});

describe("channelStatistics", () => {
  test("has means, mean squares, and what the first two channels share", () => {
    const statistics = extract([Float32Array.of(0.5, -0.25), Float32Array.of(0.25, 0.25)], RATE, ["channelStatistics"]);
    expect(statistics.channelStatistics).toEqual({
      sampleRate: RATE,
      sampleCount: 2,
      means: [0.125, 0.25],
      meanSquares: [0.15625, 0.0625],
      meanProduct: 0.03125,
    });
  });
});

describe("quietWindows", () => {
  test("has the RMS of the loudest channel every 10 ms, and the last window may be short", () => {
    const y = new Float32Array(1000).fill(0.1);
    const { rmsDbfs, durationSeconds } = extract([y, new Float32Array(1000)], RATE, ["quietWindows"]).quietWindows;
    expect(rmsDbfs.length).toBe(3);
    for (const dbfs of rmsDbfs) expect(dbfs).toBeCloseTo(-20, 4);
    expect(durationSeconds).toBeCloseTo(1000 / RATE, 12);
  });

  test("has stretches of zeros in all channels, to the sample", () => {
    const [left, right] = [noise(RATE, 1), noise(RATE, 2)];
    left.fill(0, 1000, 3000);
    right.fill(0, 1500, 4000);
    right.fill(0, RATE - 500);
    left.fill(0, RATE - 100);
    expect(extract([left, right], RATE, ["quietWindows"]).quietWindows.zeros).toEqual([
      { startSeconds: 1500 / RATE, endSeconds: 3000 / RATE },
      { startSeconds: (RATE - 100) / RATE, endSeconds: 1 },
    ]);
  });
});

describe("sampledSpectra", () => {
  test("has a sine at its frequency and level, in every frame", () => {
    const y = sine(100 * (RATE / 16_384), RATE, 5 * RATE, 1);
    const { frames, binHz, power, fullScale, lowPower, lowBins } = extract([y], RATE, [
      "sampledSpectra",
    ]).sampledSpectra;
    expect([frames, binHz]).toEqual([5, RATE / 16_384]);
    expect(power[100] / fullScale).toBeCloseTo(1, 4);
    expect(power[200] / fullScale).toBeLessThan(1e-6);
    expect(lowPower.length).toBe(frames * lowBins);
    expect(lowPower[3 * lowBins + 100] / fullScale).toBeCloseTo(1, 4);
  });

  test("has a frame a second for a minute and one in four after, and none of a file shorter than one", () => {
    const framesOf = (seconds: number) => extract([new Float32Array(seconds * 8000)], 8000, ["sampledSpectra"]);
    expect(framesOf(61).sampledSpectra.frames).toBe(61);
    expect(framesOf(73).sampledSpectra.frames).toBe(64);
    expect(framesOf(0.3).sampledSpectra.frames).toBe(0);
  });
});
