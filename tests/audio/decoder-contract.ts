/** What every decoder does. Each decoder's test runs this suite. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Decoder } from "../../src/audio/decoder.ts";
import { noise, quantised, sine } from "../fixtures/signals.ts";
import { type WavSamples, wavFile } from "../fixtures/wav.ts";
import {
  decodeAll,
  encode,
  ffmpeg,
  ffmpegNote,
  largestDifference,
  openSource,
  options,
  writeTestFile,
} from "./audio-files.ts";

const RATE = 22_050;
const LENGTH = 2 * RATE + 137;
const LEFT = quantised(sine(440, RATE, LENGTH), 16);
const RIGHT = quantised(noise(LENGTH, 7), 16);

const stereoWav = () => writeTestFile("stereo.wav", wavFile([LEFT, RIGHT], RATE));

export function describeDecoderContract(decoder: Decoder): void {
  describe(`the ${decoder.name} decoder: samples`, () => describeSamples(decoder));
  describe(`the ${decoder.name} decoder: blocks`, () => describeBlocks(decoder));
  describe(`the ${decoder.name} decoder: lossless codecs`, () => describeLossless(decoder));
  describe(`the ${decoder.name} decoder: lossy codecs`, () => describeLossy(decoder));
  describe(`the ${decoder.name} decoder: lifetime`, () => describeLifetime(decoder));
  describe(`the ${decoder.name} decoder: limits`, () => describeLimits(decoder));
  describe(`the ${decoder.name} decoder: bad files`, () => describeBadFiles(decoder));
}

function describeSamples(decoder: Decoder): void {
  const exact: WavSamples[] = ["pcm16", "pcm24", "pcm32", "float32"];
  test.each(exact)("gives the exact samples of a %s WAV file", async (samples) => {
    const path = writeTestFile("exact.wav", wavFile([LEFT, RIGHT], RATE, samples));
    const { sampleRate, channels } = await decodeAll(decoder, openSource(path));
    expect(sampleRate).toBe(RATE);
    expect(channels.length).toBe(2);
    expect(largestDifference(channels[0], LEFT)).toBe(0);
    expect(largestDifference(channels[1], RIGHT)).toBe(0);
  });

  test("keeps codes of 24 bits exactly, full scale included", async () => {
    const codes = Float32Array.of(-1, 1 - 2 ** -23, 2 ** -23, -(2 ** -23), 0);
    const path = writeTestFile("codes.wav", wavFile([codes], 48_000, "pcm24"));
    const { channels } = await decodeAll(decoder, openSource(path));
    expect(Array.from(channels[0] ?? [])).toEqual(Array.from(codes));
  });

  test("passes samples over full scale and non-finite samples through", async () => {
    const odd = Float32Array.of(3.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -2);
    const path = writeTestFile("odd.wav", wavFile([odd], 8000, "float32"));
    const { channels } = await decodeAll(decoder, openSource(path));
    expect(Array.from(channels[0] ?? [])).toEqual(Array.from(odd));
  });

  test("keeps six channels in order", async () => {
    const tones = [1, 2, 3, 4, 5, 6].map((k) => quantised(sine(100 * k, 8000, 8000), 16));
    const { channels } = await decodeAll(decoder, openSource(writeTestFile("six.wav", wavFile(tones, 8000))));
    expect(channels.length).toBe(6);
    for (const [channel, tone] of tones.entries()) expect(largestDifference(channels[channel], tone)).toBe(0);
  });
}

function describeBlocks(decoder: Decoder): void {
  test("gives blocks of a quarter of a second and a shorter last one", async () => {
    const { blockLengths } = await decodeAll(decoder, openSource(stereoWav()));
    expect(blockLengths).toEqual([...Array(8).fill(Math.round(RATE / 4)), 2 * RATE + 137 - 8 * Math.round(RATE / 4)]);
  });

  test("gives a single sample as one block of one sample", async () => {
    const path = writeTestFile("one.wav", wavFile([Float32Array.of(0.25)], RATE));
    const { channels, blockLengths } = await decodeAll(decoder, openSource(path));
    expect(blockLengths).toEqual([1]);
    expect(channels[0]?.[0]).toBe(0.25);
  });

  test("reads a WAV file whose header does not know its length", async () => {
    const file = wavFile([LEFT], RATE);
    file.writeUInt32LE(0xffffffff, 4);
    file.writeUInt32LE(0xffffffff, 40);
    const { channels } = await decodeAll(decoder, openSource(writeTestFile("stream.wav", file)));
    expect(largestDifference(channels[0], LEFT)).toBe(0);
  });

  test("recognises a file by its content, not by its name", async () => {
    const { channels } = await decodeAll(decoder, openSource(writeTestFile("song.mp3", wavFile([LEFT], RATE))));
    expect(largestDifference(channels[0], LEFT)).toBe(0);
  });
}

function describeLossless(decoder: Decoder): void {
  const lossless = [
    ["flac", []],
    ["aiff", []],
    ["oga", ["-c:a", "flac", "-f", "ogg"]],
  ] as const;
  test.skipIf(ffmpeg === null).each(lossless)(`gives the exact samples of %s${ffmpegNote}`, async (extension, args) => {
    const path = await encode(stereoWav(), `exact.${extension}`, ...args);
    const { sampleRate, channels } = await decodeAll(decoder, openSource(path));
    expect(sampleRate).toBe(RATE);
    expect(largestDifference(channels[0], LEFT)).toBe(0);
    expect(largestDifference(channels[1], RIGHT)).toBe(0);
  });

  test.skipIf(ffmpeg === null)(`gives every sample of a long 24-bit FLAC file${ffmpegNote}`, async () => {
    const y = quantised(noise(60 * 8000, 3), 24);
    const wav = writeTestFile("long.wav", wavFile([y], 8000, "pcm24"));
    const path = await encode(wav, "long.flac");
    const { channels } = await decodeAll(decoder, openSource(path));
    expect(largestDifference(channels[0], y)).toBe(0);
  });
}

function describeLossy(decoder: Decoder): void {
  const lossy = [
    ["mp3", ["-c:a", "libmp3lame", "-b:a", "192k"]],
    ["ogg", ["-c:a", "libvorbis", "-q:a", "8"]],
    ["opus", ["-c:a", "libopus", "-b:a", "192k"]],
  ] as const;
  test.skipIf(ffmpeg === null).each(lossy)(
    `gives a tone through %s at its length${ffmpegNote}`,
    async (extension, args) => {
      const tones = [sine(440, 48_000, 96_000), sine(1000, 48_000, 96_000)];
      const wav = writeTestFile("tones.wav", wavFile(tones, 48_000));
      const path = await encode(wav, `tones.${extension}`, ...args);
      const { sampleRate, channels } = await decodeAll(decoder, openSource(path));
      expect(sampleRate).toBe(48_000);
      expect(channels.map((samples) => samples.length)).toEqual([96_000, 96_000]);
      for (const [channel, tone] of tones.entries()) {
        const middle = channels[channel]?.subarray(9600, 86_400);
        expect(largestDifference(middle, tone.subarray(9600, 86_400))).toBeLessThan(0.02);
      }
    },
  );

  test.skipIf(ffmpeg === null)(`gives one channel for a mono MP3${ffmpegNote}`, async () => {
    const wav = writeTestFile("mono.wav", wavFile([sine(440, 44_100, 44_100)], 44_100));
    const { channels } = await decodeAll(decoder, openSource(await encode(wav, "mono.mp3")));
    expect(channels.map((samples) => samples.length)).toEqual([44_100]);
  });

  test.skipIf(ffmpeg === null).each(["flac", "mp3", "ogg"])(
    `gives the beginning of a truncated %s${ffmpegNote}`,
    async (extension) => {
      const wav = writeTestFile("whole.wav", wavFile([noise(8 * RATE, 5)], RATE));
      const whole = await readFile(await encode(wav, `whole.${extension}`));
      const { channels } = await decodeAll(
        decoder,
        openSource(writeTestFile(`cut.${extension}`, whole.subarray(0, whole.length / 2))),
      );
      expect(channels[0]?.length).toBeGreaterThan(2 * RATE);
      expect(channels[0]?.length).toBeLessThan(6 * RATE);
    },
  );
}

function describeLifetime(decoder: Decoder): void {
  const long = () => writeTestFile("long.wav", wavFile([noise(120 * 8000)], 8000));

  test("gives the same samples to two decodes of one descriptor at once", async () => {
    const source = openSource(stereoWav());
    const both = await Promise.all([decodeAll(decoder, source), decodeAll(decoder, source)]);
    for (const { channels } of both) expect(largestDifference(channels[1], RIGHT)).toBe(0);
  });

  test("can be left early, and the descriptor read again", async () => {
    const source = openSource(long());
    const { blocks } = await decoder.open(source, options());
    for await (const block of blocks) {
      expect(block.length).toBe(2000);
      break;
    }
    expect((await decodeAll(decoder, source)).channels[0]?.length).toBe(120 * 8000);
  });

  test("stops midway with the signal's reason when it is aborted", async () => {
    const abort = new AbortController();
    const reason = new Error("no longer wanted");
    const { blocks } = await decoder.open(openSource(long()), options({}, abort.signal));
    let seen = 0;
    const reading = (async () => {
      for await (const _ of blocks) {
        seen += 1;
        abort.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    expect(seen).toBe(1);
  });

  test("does not start when the signal is already aborted", async () => {
    const reason = new Error("too late");
    const opening = decoder.open(openSource(stereoWav()), options({}, AbortSignal.abort(reason)));
    await expect(opening).rejects.toBe(reason);
  });
}

function describeLimits(decoder: Decoder): void {
  const limits = [
    [{ maxFileBytes: 1000 }, "HARK_MAX_FILE_MB"],
    [{ maxDurationSeconds: 1.5 }, "HARK_MAX_DURATION_SECONDS"],
    [{ maxChannels: 1 }, "HARK_MAX_CHANNELS"],
  ] as const;
  test.each(limits)("names the limit that is passed: %j %s", async (limit, variable) => {
    const decoding = decodeAll(decoder, openSource(stereoWav()), options(limit));
    await expect(decoding).rejects.toMatchObject({ kind: "invalid_input", message: expect.stringContaining(variable) });
  });

  test("names the time limit when a decode is not done in time", async () => {
    const { blocks } = await decoder.open(openSource(stereoWav()), options({ maxDecodeSeconds: 1 }));
    const reading = (async () => {
      for await (const _ of blocks) await new Promise((resolve) => setTimeout(resolve, 1100));
    })();
    await expect(reading).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringContaining("HARK_MAX_DECODE_SECONDS"),
    });
  });

  test("takes a file that just meets the limits", async () => {
    const limit = { maxChannels: 2, maxDurationSeconds: LENGTH / RATE };
    const { channels } = await decodeAll(decoder, openSource(stereoWav()), options(limit));
    expect(channels[0]?.length).toBe(LENGTH);
  });
}

function describeBadFiles(decoder: Decoder): void {
  const header = wavFile([], RATE).fill(1, 22, 23);
  const bad: [string, Uint8Array | string, RegExp][] = [
    ["an empty file", "", /empty/],
    ["a header without samples", wavFile([new Float32Array(0)], RATE), /no audio samples/],
    ["a header that breaks off", header.subarray(0, 20), /damaged/],
    ["a header without channels", wavFile([], RATE), /damaged|no audio|cannot be/],
  ];
  test.each(bad)("refuses %s as invalid_input", async (_, content, message) => {
    const source = openSource(writeTestFile("bad.wav", content));
    await expect(decodeAll(decoder, source)).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringMatching(message),
    });
  });

  const unknown: [string, Uint8Array | string][] = [
    ["text", "This is a letter, not a sound. ".repeat(200)],
    ["random bytes", Buffer.from(noise(20_000, 9, 1).map((value) => value * 127))],
    ["zeros", new Uint8Array(20_000)],
  ];
  test.each(unknown)("refuses %s with an error that says what to do", async (_, content) => {
    const source = openSource(writeTestFile("unknown.wav", content));
    const error = await decodeAll(decoder, source).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: decoder.name === "wasm" ? "unavailable" : "invalid_input" });
    expect(error).toMatchObject({ message: expect.stringMatching(/export it again|Install it/) });
    expect(error).toMatchObject({ message: expect.not.stringContaining(source.path) });
  });
}
