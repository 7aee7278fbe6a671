import { describe, expect, test } from "vitest";
import { melFilters } from "../../src/dsp/mel-filter-bank.ts";
import { BEAT_NETWORK } from "../../src/features/beat-network.ts";
import { BEAT_SPECTRUM, beatSpectrogram } from "../../src/features/beat-spectrogram.ts";
import { blocksOf } from "../../src/features/network-weights.ts";
import { beatTimes, clicks, drums } from "../agents/rhythm-signals.ts";
import { referenceNetwork } from "../dsp/reference/convolution.ts";
import { referenceBands, referencePowerSpectrogram } from "../dsp/reference/spectra.ts";
import { extract } from "./extract.ts";

const RATE = 22_050;
const trackOf = (y: Float32Array, blockLength?: number) => extract([y], RATE, ["beatTrack"], blockLength).beatTrack;

/** The rows of the stage, `[frame][band]`. */
function spectrumOf(y: Float32Array): Float64Array[] {
  const rows: Float64Array[] = [];
  const run = beatSpectrogram.open({ sampleRate: RATE, channels: 1 });
  const keep = ({ bands, frames }: { bands: Float32Array; frames: number }) => {
    for (let t = 0; t < frames; t++) rows.push(Float64Array.from(bands.subarray(96 * t, 96 * (t + 1))));
  };
  run.push({ samples: y, length: y.length }, keep);
  run.end(keep);
  return rows;
}

describe("beatSpectrogram", () => {
  test("is the logarithm of the mel bands, by its definition in double precision", () => {
    const { sampleRate, nFft, hopLength, bands, minHz, maxHz, gain } = BEAT_SPECTRUM;
    const y = drums(110, 3, RATE);
    const filters = melFilters(sampleRate, nFft, bands, minHz, maxHz);
    const expected = referencePowerSpectrogram(Float64Array.from(y), nFft, hopLength).map((power) =>
      referenceBands(power, filters).map((value) => Math.log(1 + gain * value)),
    );
    const rows = spectrumOf(y);
    expect(rows.length).toBe(151);
    expect(rows.length).toBe(expected.length);
    for (const [t, row] of rows.entries()) {
      for (const [band, value] of row.entries()) expect(Math.abs(value - expected[t][band])).toBeLessThan(1e-3);
    }
  });
});

describe("beatTrack", () => {
  test("has the activations that the network gives by its definition in double precision", () => {
    const y = drums(110, 3, RATE);
    const silence = Array.from({ length: 8 }, () => new Float64Array(96));
    const logits = referenceNetwork(blocksOf(BEAT_NETWORK), [...silence, ...spectrumOf(y), ...silence]).slice(8, -8);
    const { beat, downbeat, onset } = trackOf(y);
    expect(beat.length).toBe(logits.length);
    for (const [t, row] of logits.entries()) {
      for (const [output, activation] of [beat, downbeat, onset].entries()) {
        expect(Math.abs(activation[t] - 1 / (1 + Math.exp(-row[output])))).toBeLessThan(1e-4);
      }
    }
  });

  test("gives the same bits however the stream is cut", () => {
    const y = drums(95, 6, RATE);
    expect(trackOf(y, 777)).toEqual(trackOf(y));
  });

  test("finds the pulse of drums", () => {
    expect(trackOf(drums(126, 20, RATE)).pulse?.tempoBpm).toBeCloseTo(126, 0);
  });

  test("hears an onset at the very start", () => {
    const { onset } = trackOf(clicks(beatTimes(120, 8, 0), 8, RATE));
    expect(Math.max(onset[0], onset[1])).toBeGreaterThan(0.3);
  });

  test("has no frames without samples, and no pulse in silence", () => {
    expect(trackOf(new Float32Array(0))).toMatchObject({ beat: new Float32Array(0), pulse: null });
    const silence = trackOf(new Float32Array(3 * RATE));
    expect(silence.beat.length).toBe(151);
    expect(silence.beat.every((chance) => chance >= 0 && chance <= 1)).toBe(true);
  });
});
