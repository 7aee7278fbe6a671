import { describe, expect, test } from "vitest";
import { COLUMNS, COLUMNS_PER_SEMITONE, LOWEST_MIDI } from "../../src/features/pitch-spectrum.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { extract } from "./extract.ts";

const RATE = 22_050;
const spectrumOf = (y: Float32Array, blockLength?: number) =>
  extract([y], RATE, ["pitchSpectrum"], blockLength).pitchSpectrum;
const hzOf = (midi: number) => 440 * 2 ** ((midi - 69) / 12);

describe("pitchSpectrum", () => {
  test.each([1, 4095, 4096, 20_000])("has 1 + floor(n / 4096) frames for %i samples", (length) => {
    const { frames, amplitude } = spectrumOf(noise(length));
    expect(frames).toBe(1 + Math.floor(length / 4096));
    expect(amplitude.length).toBe(frames * COLUMNS);
  });

  test.each([40, 52, 69, 84, 100])("has its greatest column at the note %i of a sine, with its amplitude", (midi) => {
    const { amplitude } = spectrumOf(sine(hzOf(midi), RATE, 5 * 4096, 0.5));
    const row = amplitude.subarray(2 * COLUMNS, 3 * COLUMNS);
    const greatest = row.indexOf(Math.max(...row));
    expect(greatest).toBe((midi - LOWEST_MIDI) * COLUMNS_PER_SEMITONE + 1);
    expect(row[greatest]).toBeGreaterThan(0.4);
    expect(row[greatest]).toBeLessThan(0.7);
  });

  test.each([-40, -12, 0, 33])("measures the tuning of a sine %i cents off", (cents) => {
    expect(Math.abs(spectrumOf(sine(hzOf(69 + cents / 100), RATE, RATE)).tuningCents - cents)).toBeLessThan(2);
  });

  test("gives the same bits however the stream is cut", () => {
    const y = noise(30_000);
    expect(spectrumOf(y, 777)).toEqual(spectrumOf(y));
  });

  test("is empty for an empty stream and 0 for silence", () => {
    expect(spectrumOf(new Float32Array(0))).toMatchObject({ frames: 0, tuningCents: 0 });
    const silent = spectrumOf(new Float32Array(9000));
    expect(silent.amplitude.every((value) => value === 0)).toBe(true);
    expect(silent.tuningCents).toBe(0);
  });
});
