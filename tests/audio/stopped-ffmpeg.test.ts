/** What FFmpeg had decoded when it was stopped from outside is not the recording. */
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { ffmpegDecoder } from "../../src/audio/ffmpeg-decoder.ts";
import { ffmpegChildren } from "../fixtures/child-processes.ts";
import { noise } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";

const RATE = 44_100;
const limits = { maxFileBytes: 1e9, maxDurationSeconds: 3600, maxChannels: 8, maxDecodeSeconds: 60 };

const ffmpeg = await findFfmpeg(null);
if (ffmpeg === null && process.env.CI === "true") throw new Error("CI needs FFmpeg");
const folder = await mkdtemp(join(tmpdir(), "hark-stopped-"));

afterAll(() => rm(folder, { recursive: true, force: true }));

test.skipIf(ffmpeg === null || process.platform !== "linux").each(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)(
  "%s to FFmpeg makes the decode fail as unavailable (skipped: no FFmpeg, or not Linux)",
  async (signal) => {
    if (ffmpeg === null) return;
    const path = join(folder, `${signal}.wav`);
    await writeFile(path, wavFile([noise(60 * RATE), noise(60 * RATE, 2)], RATE));
    await using handle = await open(path);
    const source = { fd: handle.fd, path, sizeBytes: (await handle.stat()).size };
    const decoding = await ffmpegDecoder(ffmpeg).open(source, { limits, signal: new AbortController().signal });
    const decode = async () => {
      let isSent = false;
      for await (const _block of decoding.blocks) {
        if (isSent) continue;
        isSent = true;
        for (const pid of ffmpegChildren(process.pid)) process.kill(pid, signal);
      }
    };
    await expect(decode()).rejects.toMatchObject({ kind: "unavailable" });
  },
);
