/**
 * The features against their definitions in double precision, on generated and, where there are any, recorded signals. The
 * bounds are some three times what was measured; single precision is what they leave room for.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wasmDecoder } from "../../src/audio/wasm-decoder.ts";
import { dctRows } from "../../src/dsp/dct.ts";
import { melFilters } from "../../src/dsp/mel-filter-bank.ts";
import { drums } from "../agents/rhythm-signals.ts";
import { decodeAll, openSource } from "../audio/audio-files.ts";
import { referenceResample } from "../dsp/reference/resampler.ts";
import { referenceBands, referencePowerSpectrogram, referenceShape } from "../dsp/reference/spectra.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { extract, stagesOf } from "./extract.ts";

const RATE = 44_100;
const MONO_RATE = 22_050;
const BIN_HZ = MONO_RATE / 2048;
const MEL_FILTERS = melFilters(MONO_RATE, 2048, 128, 0, MONO_RATE / 2);
const FOLDER = join(import.meta.dirname, "../../../shared/devset");
const RECORDINGS = ["music_mdb/Beatles_drums.flac", "music_mdb/Hendrix_drums.flac"].filter((file) =>
  existsSync(join(FOLDER, file)),
);

/**
 * Greatest differences that are let pass. Centroid, bandwidth and flatness are those of frames that sound; a pure tone, and
 * what a filter leaves in a pause, show rounding most.
 */
const BOUNDS: Readonly<Record<string, number>> = {
  "mono / peak": 1.5e-6,
  "magnitude / loudest": 1.2e-6,
  "centroid Hz": 0.03,
  "bandwidth Hz": 8,
  "rolloff bins": 1.01,
  flatness: 3e-5,
  "energy dB": 2e-5,
  MFCC: 1e-3,
};

const GENERATED: readonly [string, () => Float32Array[]][] = [
  ["white noise", () => [noise(3 * RATE, 1), noise(3 * RATE, 2)]],
  ["noise at -60 dB", () => [noise(3 * RATE, 3, 5e-4)]],
  ["a sine", () => [sine(997, RATE, 3 * RATE)]],
  ["drums in stereo", () => [drums(124, 4, RATE), drums(124, 4, RATE).map((value) => 0.5 * value)]],
  ["drums and a pause", () => [drums(100, 4, RATE).fill(0, RATE, 3 * RATE)]],
];

test.each(GENERATED)("%s gives what double precision gives", (_name, make) => {
  expectAgreement(make(), RATE);
});

if (RECORDINGS.length === 0) test.skip("recordings (skipped: no folder of them beside the repository)", () => {});
else
  test.each(RECORDINGS)("%s gives what double precision gives", async (file) => {
    const { channels, sampleRate } = await decodeAll(wasmDecoder, openSource(join(FOLDER, file)));
    expectAgreement(
      channels.map((samples) => samples.subarray(0, 3 * sampleRate)),
      sampleRate,
    );
  });

function expectAgreement(channels: readonly Float32Array[], sampleRate: number): void {
  const mixed = Float64Array.from(channels[0], (_, n) => channels.reduce((sum, y) => sum + y[n], 0) / channels.length);
  const mono = referenceResample(mixed, sampleRate, MONO_RATE);
  const power = referencePowerSpectrogram(mono, 2048, 512);
  const mel = power.map((row) => referenceBands(row, MEL_FILTERS));
  const shapes = power.map(referenceShape);
  const stages = stagesOf(channels, sampleRate);
  const frames = extract(channels, sampleRate, ["spectralShape", "mfcc"]);
  expect(power.length).toBeGreaterThan(100);
  expect(stages.power.length).toBe(power.length);

  const differences = new Map<string, number>();
  const note = (name: string, difference: number) => {
    differences.set(name, Math.max(differences.get(name) ?? 0, Math.abs(difference)));
  };
  const peak = greatest(mono, 0);
  for (const [n, value] of mono.entries()) note("mono / peak", (stages.mono[n] - value) / peak);
  for (const [frame, row] of power.entries()) {
    const loudest = Math.sqrt(greatest(row, 1e-30));
    for (const [bin, value] of row.entries())
      note("magnitude / loudest", (Math.sqrt(stages.power[frame][bin]) - Math.sqrt(value)) / loudest);
    if (frames.spectralShape.energyDbfs[frame] < -90) continue;
    const { centroid, bandwidth, rolloff, meanLog, mean, sum } = shapes[frame];
    note("centroid Hz", frames.spectralShape.centroidHz[frame] - centroid * BIN_HZ);
    note("bandwidth Hz", frames.spectralShape.bandwidthHz[frame] - bandwidth * BIN_HZ);
    note("rolloff bins", frames.spectralShape.rolloffHz[frame] / BIN_HZ - rolloff);
    note("flatness", frames.spectralShape.flatness[frame] - Math.exp(meanLog) / mean);
    note("energy dB", frames.spectralShape.energyDbfs[frame] - 10 * Math.log10(sum / ((2048 * 2048 * 3) / 16)));
  }
  for (const [n, value] of referenceMfcc(mel).entries()) note("MFCC", frames.mfcc.coefficients[n] - value);
  expect([...differences.keys()].sort()).toEqual(Object.keys(BOUNDS).sort());
  for (const [name, bound] of Object.entries(BOUNDS)) expect(differences.get(name), name).toBeLessThan(bound);
}

function greatest(values: Float64Array, least: number): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), least);
}

/** `[frame][coefficient]` flat. */
function referenceMfcc(mel: readonly Float64Array[]): number[] {
  const decibels = mel.map((row) => row.map((value) => 10 * Math.log10(Math.max(value, 1e-10))));
  const floor = decibels.reduce((most, row) => Math.max(most, ...row), Number.NEGATIVE_INFINITY) - 80;
  const cosines = dctRows(20, 128).map((weights) => ({ first: 0, weights }));
  return decibels.flatMap((row) =>
    Array.from(
      referenceBands(
        row.map((db) => Math.max(db, floor)),
        cosines,
      ),
    ),
  );
}
