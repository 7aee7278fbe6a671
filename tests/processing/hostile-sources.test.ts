/** Sources that lie, break or hold what is no number, through the operations that users ask for. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { applyEffects } from "../../src/processing/apply-effects.ts";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { detectSpeech } from "../../src/processing/detect-speech.ts";
import { encode, ffmpeg, ffmpegNote, writeTestFile } from "../audio/audio-files.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { runOperation, samplesOf } from "./operation-runs.ts";

const RATE = 44_100;

describe.skipIf(ffmpeg === null)(`hostile sources${ffmpegNote}`, () => {
  test.each(["flac", "mp3", "aac", "opus", "wav"])(
    "samples that are no numbers become silence in %s",
    async (format) => {
      const y = sine(440, RATE, 2 * RATE);
      const broken = y.slice();
      for (const [n, value] of [
        [500, Number.NaN],
        [600, Infinity],
        [700, -Infinity],
      ] as const)
        broken[n] = value;
      broken.fill(Number.NaN, RATE, 1.5 * RATE);
      const path = writeTestFile(`broken-${format}.wav`, wavFile([broken], RATE, "float32"));
      const { value, path: output } = await runOperation(convertAudio, path, { format });
      const { channels, sampleRate } = await samplesOf(output);
      const [written = new Float32Array()] = channels;
      expect(Math.abs(written.length / sampleRate - 2)).toBeLessThan(0.08);
      expect(Math.max(...written.map(Math.abs))).toBeLessThan(0.8);
      const silent = written.subarray(1.1 * sampleRate, 1.4 * sampleRate);
      expect(Math.max(...silent.map(Math.abs))).toBeLessThan(0.01);
      expect(value.graph).toContain("isnan");
    },
  );

  test("effects on a file of nothing but such samples give silence", async () => {
    const path = writeTestFile("nothing.wav", wavFile([new Float32Array(RATE).fill(Number.NaN)], RATE, "float32"));
    const { path: output } = await runOperation(applyEffects, path, { effects: [{ type: "gain", gain_db: 6 }] });
    const { channels } = await samplesOf(output);
    expect(channels[0]?.every((sample) => sample === 0)).toBe(true);
  });

  test.each(["pcm16", "float32"] as const)("files of numbers pay nothing for it: %s", async (encoding) => {
    const path = writeTestFile(`plain-${encoding}.wav`, wavFile([sine(440, RATE, RATE)], RATE, encoding));
    const { value } = await runOperation(convertAudio, path, { format: "flac" });
    expect(value.graph).not.toContain("isnan");
  });

  test.each(["flac", "mp3"])(
    "an MP3 with damaged frames gives what can be decoded, as %s, and says so",
    async (format) => {
      const wav = writeTestFile("whole.wav", wavFile([sine(440, RATE, 4 * RATE), sine(660, RATE, 4 * RATE)], RATE));
      const bytes = readFileSync(await encode(wav, "whole.mp3", "-q:a", "2"));
      // Whole frames in the middle, so that their time is lost.
      bytes.fill(0x55, Math.round(bytes.length * 0.4), Math.round(bytes.length * 0.5));
      const path = writeTestFile("damaged.mp3", bytes);
      const { value, path: output } = await runOperation(convertAudio, path, { format });
      const { channels, sampleRate } = await samplesOf(output);
      expect((channels[0]?.length ?? 0) / sampleRate).toBeGreaterThan(3);
      expect(value.warnings).toContainEqual(expect.stringContaining("damaged stretches"));
    },
  );

  test("a rate of 1 Hz is refused in words", async () => {
    const path = writeTestFile("slow.wav", wavFile([sine(0.1, 1, 100)], 1));
    await expect(runOperation(detectSpeech, path, { engine: "energy" })).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringContaining("1 Hz"),
    });
  });
});
