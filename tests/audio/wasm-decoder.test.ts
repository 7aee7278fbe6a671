import { expect, test } from "vitest";
import { selectDecoder } from "../../src/audio/decoder-selection.ts";
import { wasmDecoder } from "../../src/audio/wasm-decoder.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { decodeAll, encode, ffmpeg, ffmpegNote, openSource, writeTestFile } from "./audio-files.ts";
import { describeDecoderContract } from "./decoder-contract.ts";

describeDecoderContract(wasmDecoder);

test("is chosen where there is no FFmpeg", () => {
  expect(selectDecoder(null).name).toBe("wasm");
});

test.skipIf(ffmpeg === null)(`says that other formats need FFmpeg, and how to get it${ffmpegNote}`, async () => {
  const wav = writeTestFile("tone.wav", wavFile([sine(440, 44_100, 44_100)], 44_100));
  const source = openSource(await encode(wav, "tone.m4a"));
  await expect(decodeAll(wasmDecoder, source)).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("FFMPEG_PATH"),
  });
});

test.skipIf(ffmpeg === null).each(["pcm_alaw", "pcm_mulaw", "adpcm_ima_wav", "adpcm_ms", "pcm_f64le", "pcm_u8"])(
  `decodes a WAV file coded as %s${ffmpegNote}`,
  async (codec) => {
    const wav = writeTestFile("tone.wav", wavFile([sine(440, 44_100, 44_100)], 44_100));
    const { channels } = await decodeAll(wasmDecoder, openSource(await encode(wav, "coded.wav", "-c:a", codec)));
    const peak = channels[0]?.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    expect(channels[0]?.length).toBeGreaterThanOrEqual(44_100);
    expect(peak).toBeGreaterThan(0.48);
    expect(peak).toBeLessThan(0.52);
  },
);
