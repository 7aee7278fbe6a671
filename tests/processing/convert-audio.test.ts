import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { OUTPUT_FORMATS } from "../../src/processing/audio-encodings.ts";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { outputName } from "../../src/processing/output-name.ts";
import { encode, ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { ffmpegChildren } from "../fixtures/child-processes.ts";
import { noise, quantised, sine } from "../fixtures/signals.ts";
import { type WavSamples, wavFile } from "../fixtures/wav.ts";
import { context, jobFolder, LIMITS, presentFfmpeg, runOperation, samplesOf, sourceFile } from "./operation-runs.ts";

const RATE = 44_100;

if (ffmpeg === null) test.skip(`convert_audio${ffmpegNote}`, () => {});
else {
  describe("convert_audio", describeFormats);
  describe("what convert_audio says", describeHonesty);
  describe("a conversion that goes wrong", describeFailures);
}

function describeFormats(): void {
  test.each(OUTPUT_FORMATS)("writes %s of the same length, with the tone in it", async (format) => {
    const path = wav([sine(440, RATE, 3 * RATE), sine(880, RATE, 3 * RATE, 0.25)]);
    const before = readFileSync(path);
    const { value, path: output, filename } = await runOperation(convertAudio, path, { format });
    const { channels, sampleRate } = await samplesOf(output);
    expect(channels.length).toBe(2);
    expect(Math.abs((channels[0]?.length ?? 0) / sampleRate - 3)).toBeLessThan(0.08);
    expect(Math.max(...(channels[0]?.subarray(sampleRate, sampleRate + 2000) ?? []))).toBeCloseTo(0.5, 1);
    expect(Math.max(...(channels[1]?.subarray(sampleRate, sampleRate + 2000) ?? []))).toBeCloseTo(0.25, 1);
    expect(filename).toBe(`source.${format}`);
    expect(value).toMatchObject({ format, source: { codec: "pcm_s16le", bit_depth: 16, duration_seconds: 3 } });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test.each([
    ["flac", "pcm16"],
    ["flac", "pcm24"],
    ["wav", "pcm24"],
    ["wav", "pcm32"],
    ["wav", "float32"],
    ["aiff", "pcm24"],
    ["m4a", "pcm16"],
    ["m4a", "pcm24"],
  ] as const)("to %s from %s keeps every bit", async (format, samples) => {
    const signal = samples === "float32" ? noise(RATE, 1, 1.5) : quantised(noise(RATE), samples === "pcm16" ? 16 : 24);
    const converted = await runOperation(convertAudio, wav([signal], samples), { format, quality: "lossless" });
    expect(converted.value).toMatchObject({ lossless: true, changes: [] });
    const { channels } = await samplesOf(converted.path);
    // Rounding gives zeros below zero too, which are the same sample.
    expect(Array.from(channels[0] ?? [])).toEqual(Array.from(signal, (value) => value + 0));
  });

  test.each([16, 24] as const)(
    "dithers when it reduces to %d bits: a tone below the last bit survives",
    async (bits) => {
      const quiet = 0.4 / 2 ** (bits - 1);
      const path = wav([sine(1000, RATE, 4 * RATE, quiet)], "float32");
      const { path: output, value } = await runOperation(convertAudio, path, { format: "flac", bit_depth: bits });
      const [samples = new Float32Array(0)] = (await samplesOf(output)).channels;
      const reference = sine(1000, RATE, 4 * RATE, 1);
      const correlated = samples.reduce((sum, one, n) => sum + one * (reference[n] ?? 0), 0) / (2 * RATE);
      expect(correlated / quiet).toBeCloseTo(1, 1);
      expect(value).toMatchObject({ output: { bit_depth: bits } });
    },
  );

  test("mixes down without cutting off and resamples when asked", async () => {
    const full = sine(1000, 48_000, 96_000, 0.99);
    const path = join(jobFolder(), "source.wav");
    writeFileSync(path, wavFile([full, full], 48_000, "pcm24"));
    const parameters = { format: "wav", channels: 1, sample_rate_hz: 44_100, bit_depth: 16 };
    const { value, path: output } = await runOperation(convertAudio, path, parameters);
    const { channels, sampleRate } = await samplesOf(output);
    expect([channels.length, sampleRate]).toEqual([1, 44_100]);
    expect(Math.max(...(channels[0]?.subarray(20_000, 40_000) ?? []))).toBeCloseTo(0.99, 2);
    expect(value.changes).toEqual([
      expect.stringContaining("Resampled from 48000 to 44100 Hz"),
      expect.stringContaining("Mixed from 2 down to 1"),
      expect.stringContaining("Reduced from 24 to 16 bits, with dither"),
    ]);
  });

  test("high is better than medium", async () => {
    const path = wav([noise(4 * RATE), noise(4 * RATE, 2)]);
    for (const format of ["mp3", "m4a", "ogg", "opus"]) {
      const sizes: number[] = [];
      for (const quality of ["medium", "high"]) {
        sizes.push(statSync((await runOperation(convertAudio, path, { format, quality })).path).size);
      }
      expect([format, (sizes[1] ?? 0) > 1.15 * (sizes[0] ?? 0)]).toEqual([format, true]);
    }
  });
}

function describeHonesty(): void {
  test("a lossy source does not get better, and says so", async () => {
    const mp3 = await runOperation(convertAudio, wav([noise(2 * RATE)]), { format: "mp3" });
    const { value } = await runOperation(convertAudio, mp3.path, { format: "flac" });
    expect(value).toMatchObject({ source: { codec: "mp3", bit_depth: null }, output: { bit_depth: 16 } });
    expect(value.changes).toContainEqual(expect.stringContaining("does not get better"));
  });

  test("says when a format forces another rate, and never resamples up in silence", async () => {
    const path = join(jobFolder(), "source.wav");
    writeFileSync(path, wavFile([sine(440, 96_000, 96_000)], 96_000, "pcm24"));
    const mp3 = await runOperation(convertAudio, path, { format: "mp3" });
    expect(mp3.value).toMatchObject({ output: { sample_rate_hz: 48_000 } });
    expect(mp3.value.changes).toContainEqual(expect.stringContaining("nothing above 24 kHz"));
    const opus = await runOperation(convertAudio, wav([sine(440, RATE, RATE)]), { format: "opus" });
    expect(opus.value.changes).toContainEqual(expect.stringContaining("nothing is gained"));
    const deeper = await runOperation(convertAudio, wav([sine(440, RATE, RATE)]), { format: "wav", bit_depth: 24 });
    expect(deeper.value.changes).toEqual([expect.stringContaining("nothing is gained")]);
  });

  test.each([
    [{ format: "mp3", quality: "lossless" }, "always lossy"],
    [{ format: "mp3", sample_rate_hz: 96_000 }, "48000"],
    [{ format: "mp3", channels: 4 }, "at most 2"],
    [{ format: "flac", bit_depth: 32 }, "16 or 24"],
  ])("refuses %j and says what there is", async (parameters, message) => {
    const failed = runOperation(convertAudio, wav([sine(440, RATE, RATE)]), parameters);
    await expect(failed).rejects.toMatchObject({ kind: "invalid_input", message: expect.stringContaining(message) });
  });

  test.each([
    { format: "wav;rm -rf" },
    { format: "../../out.wav" },
    { format: "wav", sample_rate_hz: "44100,amovie=x" },
    { format: "wav", bit_depth: 12 },
    { format: "wav", channels: 1e9 },
  ])("refuses the hostile parameters %j", (parameters) => {
    expect(convertAudio.input.safeParse(parameters).success).toBe(false);
  });

  test.each([
    ["../../etc/passwd.wav", "passwd.flac"],
    ["a\\b\\c.wav", "a_b_c.flac"],
    ["  .hidden\u202e\u0000.wav", "hidden__.flac"],
    ["CON.wav", "_CON.flac"],
    [`${"é".repeat(300)}.wav`, `${"é".repeat(90)}.flac`],
  ])("proposes a safe name for %j", (filename, expected) => {
    expect(outputName(filename, "", "flac")).toBe(expected);
  });
}

function describeFailures(): void {
  test("cancelling kills FFmpeg within two seconds and leaves no file", async () => {
    const folder = jobFolder();
    const path = wav([noise(600 * RATE, 1, 0.5)]);
    const cancel = new AbortController();
    const started = runOperation(convertAudio, path, { format: "opus" }, { folder, signal: cancel.signal });
    started.catch(() => {});
    while (readdirSync(folder).length === 0) await wait(20);
    expect(ffmpegChildren(process.pid).length).toBe(1);
    const at = performance.now();
    cancel.abort();
    await expect(started).rejects.toMatchObject({ name: "AbortError" });
    expect(performance.now() - at).toBeLessThan(2000);
    expect(ffmpegChildren(process.pid)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("progress rises to 1", async () => {
    const shares: number[] = [];
    const progress = (share: number | null) => shares.push(share ?? Number.NaN);
    await runOperation(convertAudio, wav([noise(60 * RATE)]), { format: "opus" }, { progress });
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 1);
  });

  test("a full disk is said to be one, and nothing is left", async () => {
    const folder = jobFolder();
    const small = limitedFfmpeg();
    const failed = runOperation(convertAudio, wav([noise(20 * RATE)]), { format: "wav" }, { folder, ffmpeg: small });
    await expect(failed).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("disk is full"),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a disk that fills up while the tags are written is said to be full too", async () => {
    const folder = jobFolder();
    const path = await encode(
      wav([sine(440, RATE, RATE / 2)]),
      "tagged.flac",
      "-metadata",
      `title=${"x".repeat(120_000)}`,
    );
    const script = join(import.meta.dirname, "convert-process.ts");
    const limited = `ulimit -f 40; exec "${process.execPath}" "${script}" "${path}" "${folder}"`;
    const { status, stdout } = spawnSync("bash", ["-c", limited], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, expect.stringContaining("unavailable: The disk is full")]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a missing encoder is named", async () => {
    const path = join(jobFolder(), "ffmpeg");
    writeFileSync(path, `#!/bin/bash\nexec "${presentFfmpeg().path}" "\${@/libmp3lame/libnolame}"\n`);
    chmodSync(path, 0o755);
    const own = { ...presentFfmpeg(), path };
    const failed = runOperation(convertAudio, wav([noise(RATE)]), { format: "mp3" }, { ffmpeg: own });
    await expect(failed).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining("MP3") });
  });

  test("damaged and hostile sources are refused", async () => {
    const path = wav([noise(RATE)]);
    const playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:5,\nfile:/etc/passwd\n#EXT-X-ENDLIST\n";
    const parsed = convertAudio.input.parse({ format: "flac" });
    const known = await sourceFile(path);
    writeFileSync(path, playlist);
    const failed = convertAudio.run(known, parsed, context());
    await expect(failed).rejects.toMatchObject({ kind: "invalid_input" });
  });

  test("a source with a damaged stretch gives what can be decoded, and a warning", async () => {
    const mp3 = await runOperation(convertAudio, wav([noise(10 * RATE)]), { format: "mp3" });
    const bytes = readFileSync(mp3.path);
    const middle = Math.round(bytes.length / 2);
    bytes.fill(0x55, middle, middle + 5000);
    writeFileSync(mp3.path, bytes);
    const { value } = await runOperation(convertAudio, mp3.path, { format: "wav" });
    expect(value.warnings).toContainEqual(expect.stringContaining("damaged"));
  });

  test("a source that breaks off gives what there is, and a warning", async () => {
    const flac = await runOperation(convertAudio, wav([noise(10 * RATE)]), { format: "flac" });
    const bytes = readFileSync(flac.path);
    writeFileSync(flac.path, bytes.subarray(0, Math.round(bytes.length / 2)));
    const { value } = await runOperation(convertAudio, flac.path, { format: "wav" });
    expect(value.warnings).toContainEqual(expect.stringMatching(/Only [45]\.\d of 10\.0 seconds/));
  });

  test("the limits on duration and channels hold", async () => {
    const path = wav([noise(10 * RATE), noise(10 * RATE, 2)]);
    const short = runOperation(
      convertAudio,
      path,
      { format: "flac" },
      { limits: { ...LIMITS, maxDurationSeconds: 5 } },
    );
    await expect(short).rejects.toMatchObject({ kind: "invalid_input", dependsOnSettings: true });
    const narrow = runOperation(convertAudio, path, { format: "flac" }, { limits: { ...LIMITS, maxChannels: 1 } });
    await expect(narrow).rejects.toMatchObject({ kind: "invalid_input", dependsOnSettings: true });
  });
}

/** An FFmpeg that may write files of 100 kB at most: what a full disk looks like from inside. */
function limitedFfmpeg() {
  const path = join(jobFolder(), "ffmpeg");
  writeFileSync(path, `#!/bin/bash\ntrap '' XFSZ\nulimit -f 100\nexec "${presentFfmpeg().path}" "$@"\n`);
  chmodSync(path, 0o755);
  return { ...presentFfmpeg(), path };
}

function wav(channels: readonly Float32Array[], samples: WavSamples = "pcm16"): string {
  const path = join(jobFolder(), "source.wav");
  writeFileSync(path, wavFile(channels, RATE, samples));
  return path;
}
