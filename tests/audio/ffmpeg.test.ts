import { chmodSync } from "node:fs";
import { expect, test } from "vitest";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { ffmpeg, ffmpegNote, writeTestFile } from "./audio-files.ts";

test("refuses a configured path that does not lead to a program", async () => {
  await expect(findFfmpeg("/nowhere/ffmpeg")).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("FFMPEG_PATH"),
  });
});

test.skipIf(process.platform === "win32")("refuses a configured program that is not FFmpeg", async () => {
  const path = writeTestFile("not-ffmpeg", "#!/bin/sh\necho hello\n");
  chmodSync(path, 0o755);
  await expect(findFfmpeg(path)).rejects.toMatchObject({ kind: "unavailable" });
});

test.skipIf(ffmpeg === null)(`finds an FFmpeg and its version${ffmpegNote}`, () => {
  expect(ffmpeg?.version).toMatch(/^\S+$/);
});

test.skipIf(ffmpeg === null)(`takes a configured FFmpeg before others${ffmpegNote}`, async () => {
  expect(await findFfmpeg(ffmpeg?.path ?? null)).toMatchObject({ source: "configured", version: ffmpeg?.version });
});
