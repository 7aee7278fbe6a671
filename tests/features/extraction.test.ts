import { describe, expect, test, vi } from "vitest";
import { openExtraction } from "../../src/features/extraction.ts";
import { monoSignal } from "../../src/features/mono-signal.ts";
import { powerSpectrogram } from "../../src/features/power-spectrogram.ts";
import { FEATURES, type FeatureName } from "../../src/features/registry.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { extract } from "./extract.ts";

const NAMES = Object.keys(FEATURES) as FeatureName[];

describe("openExtraction", () => {
  test("has features, each registered under its own name", () => {
    expect(NAMES.length).toBeGreaterThan(0);
    for (const name of NAMES) expect(FEATURES[name].name).toBe(name);
  });

  test.each([1, 1000, 44_100])("gives the same bits from blocks of %i samples as from one", (blockLength) => {
    const channels = [noise(30_000, 1), sine(440, 48_000, 30_000)];
    const whole = extract(channels, 48_000, NAMES);
    expect(extract(channels, 48_000, NAMES, blockLength)).toEqual(whole);
  });

  test("gives the same bits for a feature alone as among others, and nothing that was not asked for", () => {
    const channels = [noise(20_000)];
    const all = extract(channels, 44_100, NAMES);
    for (const name of NAMES) {
      const alone = extract(channels, 44_100, [name, name]);
      expect(Object.keys(alone)).toEqual([name]);
      expect(alone[name]).toEqual(all[name]);
    }
  });

  test("opens a stage once however many features draw from it, and none that no feature needs", () => {
    const openMono = vi.spyOn(monoSignal, "open");
    const openSpectrogram = vi.spyOn(powerSpectrogram, "open");
    extract([noise(5000)], 44_100, ["signalLevel"]);
    expect(openMono).not.toHaveBeenCalled();
    extract([noise(5000)], 44_100, NAMES);
    expect(openMono).toHaveBeenCalledOnce();
    expect(openSpectrogram).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
  });

  test("keeps nothing of a block: the decoder may use its memory again", () => {
    const y = noise(20_000);
    const expected = extract([y], 44_100, NAMES, 5000);
    const extraction = openExtraction({ sampleRate: 44_100, channels: 1 }, NAMES);
    const shared = new Float32Array(5000);
    for (let start = 0; start < y.length; start += 5000) {
      shared.set(y.subarray(start, start + 5000));
      extraction.push({ channels: [shared], length: 5000 });
      shared.fill(Number.NaN);
    }
    expect(extraction.finish()).toEqual(expected);
  });

  test("gives the frames of an empty signal when no block came", () => {
    const frames = openExtraction({ sampleRate: 44_100, channels: 2 }, NAMES).finish();
    expect(frames.signalLevel.sampleCount).toBe(0);
    expect(frames.spectralShape.centroidHz.length).toBe(0);
    expect(frames.mfcc.frames).toBe(0);
    expect(frames.beatTrack.onset.length).toBe(0);
    expect(frames.meanPowerSpectrum.power.every((value) => value === 0)).toBe(true);
  });

  test.each([0, 999, 44_100.5, Number.NaN, 1e6])("refuses a rate of %f Hz", (sampleRate) => {
    expect(() => openExtraction({ sampleRate, channels: 1 }, NAMES)).toThrow(/cannot be analysed/);
  });

  test("refuses no channels, blocks of another layout, unknown features, and use after the end", () => {
    expect(() => openExtraction({ sampleRate: 44_100, channels: 0 }, NAMES)).toThrow(/0 channels/);
    expect(() => openExtraction({ sampleRate: 44_100, channels: 1 }, ["loudest" as FeatureName])).toThrow(/no feature/);
    const extraction = openExtraction({ sampleRate: 44_100, channels: 2 }, NAMES);
    expect(() => extraction.push({ channels: [noise(5)], length: 5 })).toThrow(/does not fit/);
    expect(() => extraction.push({ channels: [noise(5), noise(4)], length: 5 })).toThrow(/does not fit/);
    extraction.finish();
    expect(() => extraction.finish()).toThrow(/only once/);
    expect(() => extraction.push({ channels: [noise(5), noise(5)], length: 5 })).toThrow(/no blocks/);
  });
});
