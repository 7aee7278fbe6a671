import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { describe, expect, test } from "vitest";
import { selectDecoder } from "../../src/audio/decoder-selection.ts";
import { ffmpegChildren } from "../fixtures/child-processes.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { decodeAll, encode, ffmpeg, ffmpegNote, openSource, options, writeTestFile } from "./audio-files.ts";
import { describeDecoderContract } from "./decoder-contract.ts";

const decoder = selectDecoder(ffmpeg);

if (ffmpeg === null) test.skip(`the FFmpeg decoder${ffmpegNote}`, () => {});
else {
  describeDecoderContract(decoder);
  describe("formats that only FFmpeg decodes", describeFormats);
  describe("files that name other files", describeReferences);
  describe("the subprocess", describeSubprocess);
}

function describeFormats(): void {
  const formats = [
    ["m4a", ["-c:a", "aac"]],
    ["aac", ["-c:a", "aac"]],
    ["webm", ["-c:a", "libopus"]],
    ["wma", ["-c:a", "wmav2"]],
    ["mka", ["-c:a", "ac3"]],
    ["au", []],
    ["caf", []],
    ["w64", []],
    ["wv", []],
  ] as const;
  test.each(formats)("decodes %s", async (extension, args) => {
    const tones = [sine(440, 48_000, 96_000), sine(880, 48_000, 96_000, 0.25)];
    const wav = writeTestFile("tones.wav", wavFile(tones, 48_000));
    const { sampleRate, channels } = await decodeAll(
      decoder,
      openSource(await encode(wav, `tones.${extension}`, ...args)),
    );
    expect(sampleRate).toBe(48_000);
    expect(channels.length).toBe(2);
    for (const samples of channels) expect(Math.abs(samples.length - 96_000)).toBeLessThan(5000);
    const peaks = channels.map((samples) => Math.max(...samples.subarray(20_000, 60_000)));
    expect(peaks[0]).toBeCloseTo(0.5, 1);
    expect(peaks[1]).toBeCloseTo(0.25, 1);
  });

  test("finds an MP3 behind bytes that are none", async () => {
    const wav = writeTestFile("tone.wav", wavFile([sine(440, 44_100, 88_200)], 44_100));
    const mp3 = await readFile(await encode(wav, "tone.mp3"));
    const junk = Buffer.from(noise(5000, 3, 1).map((value) => value * 127));
    const source = openSource(writeTestFile("junk.dat", Buffer.concat([junk, mp3])));
    expect((await decodeAll(decoder, source)).channels[0]?.length).toBeGreaterThan(80_000);
  });

  test("says so when a file has pictures and no sound", async () => {
    const path = writeTestFile("picture.mp4", "");
    execFileSync(ffmpeg?.path ?? "", ["-y", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=0.2", path]);
    await expect(decodeAll(decoder, openSource(path))).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringContaining("no audio stream"),
    });
  });
}

function describeReferences(): void {
  test("refuses playlists and scripts that point to another file, whatever they are called", async () => {
    const wav = writeTestFile("target.wav", wavFile([sine(440, 44_100, 44_100)], 44_100));
    const target = await encode(wav, "target.mp3");
    const scripts = [
      `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:5,\nfile:${target}\n#EXT-X-ENDLIST\n`,
      `ffconcat version 1.0\nfile ${target}\n`,
      "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ];
    expect(scripts.length).toBe(3);
    for (const script of scripts) {
      const source = openSource(writeTestFile("song.wav", script));
      await expect(decodeAll(decoder, source)).rejects.toMatchObject({ kind: "invalid_input" });
    }
  });

  test("asks no server, whatever a file says", async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.end();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${portOf(server)}`;
    const scripts = [
      `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:5,\n${url}/a.ts\n#EXT-X-ENDLIST\n`,
      `ffconcat version 1.0\nfile ${url}/a.wav\n`,
      `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet mimeType="audio/mp4"><Representation id="1"><BaseURL>${url}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ];
    for (const script of scripts) {
      const source = openSource(writeTestFile("song.wav", script));
      await expect(decodeAll(decoder, source)).rejects.toMatchObject({ kind: "invalid_input" });
    }
    server.close();
    expect(scripts.length).toBe(3);
    expect(requests).toBe(0);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

function describeSubprocess(): void {
  const long = () => writeTestFile("long.wav", wavFile([noise(300 * 8000)], 8000));

  test.skipIf(process.platform === "win32")(
    "is gone after a decode, a loop left early, an abort and a limit",
    async () => {
      const source = openSource(long());
      await decodeAll(decoder, source);
      expect(ffmpegChildren(process.pid).length).toBe(0);

      const early = await decoder.open(source, options());
      expect(ffmpegChildren(process.pid).length).toBe(1);
      for await (const _ of early.blocks) break;
      expect(ffmpegChildren(process.pid).length).toBe(0);

      const abort = new AbortController();
      const aborted = await decoder.open(source, options({}, abort.signal));
      abort.abort();
      await expect(aborted.blocks[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: "AbortError" });
      expect(ffmpegChildren(process.pid).length).toBe(0);

      await expect(decodeAll(decoder, source, options({ maxDurationSeconds: 10 }))).rejects.toMatchObject({
        kind: "invalid_input",
      });
      expect(ffmpegChildren(process.pid).length).toBe(0);
    },
  );

  test("is unavailable when it cannot be started", async () => {
    const missing = selectDecoder({ path: "/nowhere/ffmpeg", version: "0", source: "configured" });
    await expect(missing.open(openSource(long()), options())).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.not.stringContaining("nowhere"),
    });
  });
}
