import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { normalizeLoudness } from "../../src/processing/normalize-loudness.ts";
import { encode, ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { ffmpegChildren } from "../fixtures/child-processes.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { type WavSamples, wavFile } from "../fixtures/wav.ts";
import { ffmpegLoudness, jobFolder, runOperation, samplesOf, tagsOf } from "./operation-runs.ts";

const RATE = 48_000;
/** Promised. */
const TOLERANCE_LU = 0.1;

if (ffmpeg === null) test.skip(`normalize_loudness${ffmpegNote}`, () => {});
else describe("normalize_loudness", describeNormalisation);

function describeNormalisation(): void {
  test.each([
    ["streaming", -14],
    ["podcast", -16],
    ["apple_music", -16],
    ["ebu_r128", -23],
    ["atsc_a85", -24],
  ])("the preset %s is %d LUFS by both meters, and by gain alone where that is enough", async (preset, lufs) => {
    const { value, path } = await runOperation(normalizeLoudness, wav(calm()), { preset });
    expect(value).toMatchObject({ mode: "linear", target_lufs: lufs, largest_gain_reduction_db: 0, passes: 1 });
    await expectRight(value, path, lufs, -1);
  });

  test("linear gain changes the level and nothing else", async () => {
    const channels = calm();
    const { value, path } = await runOperation(normalizeLoudness, wav(channels, "float32"), { target_lufs: -30 });
    const gain = 10 ** (Number(value.gain_db) / 20);
    const output = await samplesOf(path);
    for (const [channel, samples] of channels.entries()) {
      for (let n = 0; n < samples.length; n += 997) {
        expect(output.channels[channel]?.[n]).toBeCloseTo((samples[n] ?? 0) * gain, 4);
      }
    }
  });

  test.each([
    [-8, -1],
    [-11, -3],
    [-14, -9],
  ])("limits what gain alone would lift over the ceiling: %d LUFS under %d dBTP", async (lufs, ceiling) => {
    const parameters = { target_lufs: lufs, true_peak_ceiling_dbtp: ceiling };
    const { value, path } = await runOperation(normalizeLoudness, wav(peaky()), parameters);
    expect(value.mode).toBe("limiter");
    expect(Number(value.largest_gain_reduction_db)).toBeGreaterThan(1);
    await expectRight(value, path, lufs, ceiling);
    expect((await samplesOf(path)).channels[0]?.length).toBe(peaky()[0]?.length);
  });

  test.each(["mp3", "m4a", "ogg", "opus", "flac", "aiff"])(
    "keeps %s, tags and bitrate, and is right",
    async (format) => {
      const made = await encode(
        wav(peaky()),
        "made.flac",
        "-metadata",
        "title=Ünï 🎧",
        "-metadata",
        "REPLAYGAIN_TRACK_GAIN=-7 dB",
      );
      const source = await runOperation(convertAudio, made, { format });
      expect((await tagsOf(source.path)).fields.has("REPLAYGAIN_TRACK_GAIN")).toBe(true);
      const { value, path } = await runOperation(normalizeLoudness, source.path, { target_lufs: -12 });
      await expectRight(value, path, -12, -1);
      const [before, after] = [Object(value.source), Object(value.output)];
      for (const field of ["container", "codec", "sample_rate_hz", "bit_depth", "channels"]) {
        expect([field, after[field]]).toEqual([field, before[field]]);
      }
      if (["mp3", "m4a", "opus"].includes(format)) expect(after.bitrate_bps).toBeGreaterThan(0.9 * before.bitrate_bps);
      const { fields } = await tagsOf(path);
      expect(fields.get("TITLE")).toEqual(["Ünï 🎧"]);
      expect(fields.has("REPLAYGAIN_TRACK_GAIN")).toBe(false);
    },
  );

  test.each(["pcm16", "pcm24", "pcm32", "float32"] as const)("keeps the depth of %s", async (samples) => {
    const { value } = await runOperation(normalizeLoudness, wav(calm(), samples), {});
    expect(Object(value.output).codec).toBe(Object(value.source).codec);
    expect(value.changes).toEqual([]);
  });

  test("what is right already is copied byte by byte", async () => {
    const once = await runOperation(normalizeLoudness, wav(calm()), { preset: "podcast" });
    const { value, path } = await runOperation(normalizeLoudness, once.path, { preset: "podcast" });
    expect(value).toMatchObject({ mode: "unchanged", gain_db: 0, passes: 0 });
    expect(readFileSync(path).equals(readFileSync(once.path))).toBe(true);
  });

  test("without the limiter says which loudness can be had, and that one can", async () => {
    const path = wav(peaky());
    const failed = runOperation(normalizeLoudness, path, { target_lufs: -6, allow_limiter: false });
    const message: string = await failed.then(
      () => "",
      (error: Error) => error.message,
    );
    const possible = Number(/Without a limiter (-[\d.]+) LUFS/.exec(message)?.[1]);
    expect(possible).toBeLessThan(-6);
    const parameters = { target_lufs: possible - 0.1, allow_limiter: false };
    expect((await runOperation(normalizeLoudness, path, parameters)).value).toMatchObject({ mode: "linear" });
  });

  test.each([
    ["digital silence", new Float32Array(5 * RATE), "silence"],
    ["under 0.4 s", sine(440, RATE, RATE / 5), "0.4 s"],
    ["below the gate", sine(440, RATE, 5 * RATE, 1e-5), "-70 LUFS"],
  ])("%s has no loudness to set, and the error says why", async (_, samples, why) => {
    const folder = jobFolder();
    const failed = runOperation(normalizeLoudness, wav([samples], "float32"), {}, { folder });
    await expect(failed).rejects.toMatchObject({ kind: "invalid_input", message: expect.stringContaining(why) });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a target out of reach is said to be", async () => {
    const clicks = new Float32Array(5 * RATE);
    for (let n = 0; n < clicks.length; n += RATE / 4) clicks[n] = 0.5;
    const failed = runOperation(normalizeLoudness, wav([clicks]), { target_lufs: -5, true_peak_ceiling_dbtp: -6 });
    await expect(failed).rejects.toMatchObject({ kind: "invalid_input", message: expect.stringContaining("reached") });
  });

  test("refuses a preset together with a target, and targets that are none", async () => {
    const failed = runOperation(normalizeLoudness, wav(calm()), { preset: "podcast", target_lufs: -20 });
    await expect(failed).rejects.toMatchObject({ kind: "invalid_input" });
    for (const target_lufs of [0, -100, Number.NaN, "-14,amovie=x"]) {
      expect(normalizeLoudness.input.safeParse({ target_lufs }).success).toBe(false);
    }
  });

  test("cancelling while it measures or writes leaves no process", async () => {
    const long = wav([noise(120 * RATE, 1, 0.3)]);
    for (const phase of ["Measuring", "Writing"]) {
      const cancel = new AbortController();
      const progress = (_: number | null, message: string) => {
        if (message.startsWith(phase)) cancel.abort();
      };
      const folder = jobFolder();
      const failed = runOperation(normalizeLoudness, long, {}, { signal: cancel.signal, progress, folder });
      await expect(failed).rejects.toMatchObject({ name: "AbortError" });
      expect(ffmpegChildren(process.pid)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    }
  });
}

/** Steady noise: its peaks are low against its loudness. */
function calm(): Float32Array[] {
  return [noise(6 * RATE, 1, 0.1), noise(6 * RATE, 2, 0.1)];
}

/** A tone with short bursts far above it. */
function peaky(): Float32Array[] {
  const bursts = noise(6 * RATE, 3, 0.9);
  const tone = sine(300, RATE, 6 * RATE, 0.2);
  const mixed = tone.map((value, n) => (n % 12_000 < 600 ? (bursts[n] ?? 0) : value));
  return [mixed, mixed.map((value) => value * 0.8)];
}

async function expectRight(
  value: Readonly<Record<string, unknown>>,
  path: string,
  lufs: number,
  ceilingDbtp: number,
): Promise<void> {
  const after = Object(value.after);
  const other = await ffmpegLoudness(path);
  for (const measured of [after.integrated_lufs, other.lufs]) {
    expect(Math.abs(measured - lufs)).toBeLessThanOrEqual(TOLERANCE_LU);
  }
  for (const peak of [after.true_peak_dbtp, other.truePeakDbtp]) expect(peak).toBeLessThanOrEqual(ceilingDbtp);
}

function wav(channels: readonly Float32Array[], samples: WavSamples = "pcm24"): string {
  const path = join(jobFolder(), "source.wav");
  writeFileSync(path, wavFile(channels, RATE, samples));
  return path;
}
