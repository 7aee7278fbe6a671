/** What an operation gets from its job, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { cleanTags } from "../../src/audio/tags.ts";
import type { OperationContext, SourceFile } from "../../src/processing/operation.ts";

/** The FFmpeg of this machine, or null: then what needs it is skipped, except in CI. */
const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH ?? null);
if (ffmpeg === null && process.env.CI === "true") throw new Error("CI needs FFmpeg: install it.");
export const hasFfmpeg = ffmpeg !== null;
export const ffmpegNote = hasFfmpeg ? "" : " (skipped: no FFmpeg)";

const NOTHING = undefined;
const NO_TAGS = cleanTags({
  title: NOTHING,
  artist: NOTHING,
  album: NOTHING,
  albumArtist: NOTHING,
  composer: NOTHING,
  genre: NOTHING,
  year: NOTHING,
  trackNumber: NOTHING,
  bpm: NOTHING,
  key: NOTHING,
  comment: NOTHING,
  encoder: NOTHING,
});

const PROBE: SourceFile["probe"] = {
  container: "wav",
  codec: "pcm_s16le",
  sampleRateHz: 44_100,
  channels: 2,
  bitDepth: 16,
  durationSeconds: null,
  bitrateBps: null,
  lossless: true,
  tags: NO_TAGS,
};

/** A context with an empty folder that goes with the test, and the progress that was reported. */
export function testContext(changes: Partial<OperationContext> = {}) {
  if (ffmpeg === null) throw new Error("testContext was called without FFmpeg.");
  const folder = mkdtempSync(join(tmpdir(), "hark-operation-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const shares: (number | null)[] = [];
  const limits = { maxFileBytes: 1e9, maxDurationSeconds: 3600, maxChannels: 8, maxDecodeSeconds: 60 };
  const context: OperationContext = {
    ffmpeg,
    limits,
    folder,
    signal: new AbortController().signal,
    progress: (share) => shares.push(share),
    ...changes,
  };
  return { context, shares };
}

/** A recording that goes with the test. */
export function sourceFile(content: Uint8Array, filename = "A song.wav"): SourceFile {
  const folder = mkdtempSync(join(tmpdir(), "hark-source-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "source.wav");
  writeFileSync(path, content);
  return { path, filename, probe: PROBE };
}
