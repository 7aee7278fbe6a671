import { existsSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { wasmDecoder } from "../../src/audio/wasm-decoder.ts";
import { CLASSIC_ENGINE, classicFrameLength } from "../../src/processing/classic-engine.ts";
import { decodeAll, openSource } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { separateAll } from "./separate-all.ts";

const RATE = 44_100;
const SONG = join(import.meta.dirname, "../../../shared/devset/music_synth/s1_120_Cmaj");
const hasSong = existsSync(`${SONG}.flac`);
const songNote = hasSong ? "" : " (skipped: no development set)";

/** Signal to distortion ratio, dB, over both channels. */
function sdr(truth: readonly Float32Array[], estimate: readonly Float32Array[]): number {
  let [signal, distortion] = [0, 0];
  for (const [channel, samples] of truth.entries()) {
    for (let n = 0; n < samples.length; n++) {
      signal += samples[n] ** 2;
      distortion += (samples[n] - estimate[channel][n]) ** 2;
    }
  }
  return 10 * Math.log10(signal / distortion);
}

function mixed(...parts: readonly (readonly Float32Array[])[]): Float32Array[] {
  return parts[0].map((first, channel) => first.map((_, n) => parts.reduce((sum, part) => sum + part[channel][n], 0)));
}

test.skipIf(!hasSong)(`reaches 2.5 dB of mean SDR on a song with known stems${songNote}`, async () => {
  const truth = new Map<string, Float32Array>();
  for (const [stem, file] of Object.entries({ vocals: "melody", drums: "drums", bass: "bass", other: "chords" })) {
    truth.set(stem, (await decodeAll(wasmDecoder, openSource(`${SONG}.${file}.flac`))).channels[0]);
  }
  const [mixture] = (await decodeAll(wasmDecoder, openSource(`${SONG}.flac`))).channels;
  const stems = await separateAll(CLASSIC_ENGINE, [mixture], RATE);
  const ratios = [...truth].map(([stem, samples]) => sdr([samples], stems.get(stem) ?? []));
  expect(ratios).toHaveLength(4);
  expect(ratios.reduce((sum, value) => sum + value, 0) / 4).toBeGreaterThan(2.5);
});

test("tells the voice in the middle from a chord at the side, a bass and clicks", async () => {
  const length = 8 * RATE;
  const silent = new Float32Array(length);
  // A voice with vibrato and eight harmonics.
  let phase = 0;
  const voice = Float32Array.from({ length }, (_, n) => {
    phase += (2 * Math.PI * 330 * (1 + 0.01 * Math.sin((2 * Math.PI * 5.5 * n) / RATE))) / RATE;
    let sum = 0;
    for (let harmonic = 1; harmonic <= 8; harmonic++) sum += Math.sin(harmonic * phase) / harmonic;
    return 0.15 * sum;
  });
  const chord = sine(523.25, RATE, length, 0.1).map(
    (value, n) => value + 0.1 * Math.sin((2 * Math.PI * 784 * n) / RATE),
  );
  const bass = sine(82, RATE, length, 0.2);
  const hits = noise(length, 4, 0.6).map((value, n) => value * Math.exp(-(n % 22_050) / 400));
  const truth = { vocals: [voice, voice], drums: [hits, hits], bass: [bass, bass], other: [chord, silent] };
  const stems = await separateAll(CLASSIC_ENGINE, mixed(...Object.values(truth)), RATE);
  expect(sdr(truth.vocals, stems.get("vocals") ?? [])).toBeGreaterThan(8);
  expect(sdr(truth.bass, stems.get("bass") ?? [])).toBeGreaterThan(8);
  expect(sdr(truth.drums, stems.get("drums") ?? [])).toBeGreaterThan(5);
  expect(sdr(truth.other, stems.get("other") ?? [])).toBeGreaterThan(3);
});

test("gives stems that add up to the mixture, whatever it is", async () => {
  const mixture = [noise(300_001, 1), noise(300_001, 2)];
  const stems = await separateAll(CLASSIC_ENGINE, mixture, RATE);
  const sum = mixed(...stems.values());
  for (const [channel, samples] of mixture.entries()) {
    const worst = samples.reduce((most, sample, n) => Math.max(most, Math.abs(sample - sum[channel][n])), 0);
    expect(worst).toBeLessThan(1e-6);
  }
});

test("keeps its process's event loop waiting for less than 200 ms of work at a time", async () => {
  const milliseconds = () => process.cpuUsage().user / 1000;
  const separating = { isOver: false };
  let [longest, last] = [0, milliseconds()];
  // Time of a processor: how long others keep this process waiting does not count.
  const watching = (async () => {
    while (!separating.isOver) {
      await setImmediate();
      const now = milliseconds();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  await separateAll(CLASSIC_ENGINE, [noise(20 * RATE, 1), noise(20 * RATE, 2)], RATE);
  separating.isOver = true;
  await watching;
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(200);
});

test("takes frames of about the same length at every rate", () => {
  expect([8000, 22_050, 44_100, 48_000, 96_000, 192_000].map(classicFrameLength)).toEqual([
    1024, 2048, 4096, 4096, 8192, 16_384,
  ]);
});
