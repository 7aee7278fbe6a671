import { describe, expect, test } from "vitest";
import { findHum } from "../../src/dsp/hum.ts";
import { extract } from "../features/extract.ts";
import { noise } from "../fixtures/signals.ts";

const RATE = 44_100;

/** Noise with a tone of so many harmonics, falling by 6 dB an octave. */
function withTone(hz: number, harmonics: number, amplitude: number, seconds = 12): Float32Array {
  return noise(seconds * RATE, 5, 0.01).map((value, n) => {
    let sum = value;
    for (let k = 1; k <= harmonics; k++) sum += (amplitude / k) * Math.sin((2 * Math.PI * k * hz * n) / RATE);
    return sum;
  });
}

function humOf(y: Float32Array) {
  const spectra = extract([y], RATE, ["sampledSpectra"]).sampledSpectra;
  return findHum(spectra.lowPower, spectra.lowBins, spectra.binHz, spectra.fullScale);
}

describe("findHum", () => {
  test.each([50, 60])("finds %i Hz and its harmonics, and their level", (hz) => {
    const hum = humOf(withTone(hz, 5, 0.01));
    expect(hum?.hz).toBe(hz);
    expect(10 * Math.log10(hum?.power ?? 0)).toBeCloseTo(-40, 0);
    expect(humOf(withTone(hz + 0.1, 5, 0.003))?.hz).toBe(hz);
  });

  test("finds it under music that pauses", () => {
    const y = withTone(50, 4, 0.003);
    for (let n = 0; n < y.length; n++)
      if (n % (3 * RATE) < 2 * RATE) y[n] += 0.2 * Math.sin((2 * Math.PI * 110 * n) / RATE);
    expect(humOf(y)?.hz).toBe(50);
  });

  test("takes no note for hum: G1, B1, A1, and a tone without harmonics", () => {
    for (const hz of [48.999, 61.735, 55, 51.913]) expect(humOf(withTone(hz, 6, 0.1))).toBeNull();
    expect(humOf(withTone(100, 1, 0.1))).toBeNull();
  });

  test("takes no hum that stops for hum, and finds none in noise, silence or a short file", () => {
    const y = withTone(50, 5, 0.05);
    y.set(noise(6 * RATE, 6, 0.01), 6 * RATE);
    expect(humOf(y)).toBeNull();
    expect(humOf(noise(12 * RATE))).toBeNull();
    expect(humOf(new Float32Array(12 * RATE))).toBeNull();
    expect(humOf(withTone(50, 5, 0.05, 2))).toBeNull();
  });
});
