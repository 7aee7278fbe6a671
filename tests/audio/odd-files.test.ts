/** A folder of odd files beside the repository: truncated, mislabelled, damaged. Used where it is there. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { selectDecoder } from "../../src/audio/decoder-selection.ts";
import { AppError } from "../../src/errors.ts";
import { decodeAll, ffmpeg, ffmpegNote, openSource, options } from "./audio-files.ts";

const folder = join(import.meta.dirname, "../../../shared/devset/odd");
const files = existsSync(folder) ? readdirSync(folder) : [];

if (files.length === 0) test.skip("odd files (skipped: no folder of them beside the repository)", () => {});
else describe("odd files", describeOddFiles);

function describeOddFiles(): void {
  test.skipIf(ffmpeg === null).each(files)(
    `%s gives what FFmpeg gives by name, or a typed error${ffmpegNote}`,
    async (file) => {
      expect(await sampleCount(file, true)).toBe(await samplesByName(file));
    },
  );

  test.each(files)("%s gives samples or a typed error without FFmpeg", async (file) => {
    expect(await sampleCount(file, false)).toBeGreaterThanOrEqual(0);
  });
}

/** Samples of all channels together; 0 for a typed error. */
async function sampleCount(file: string, withFfmpeg: boolean): Promise<number> {
  const decoder = selectDecoder(withFfmpeg ? ffmpeg : null);
  try {
    const { channels } = await decodeAll(decoder, openSource(join(folder, file)), options({ maxDecodeSeconds: 10 }));
    return channels.reduce((sum, samples) => sum + samples.length, 0);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return 0;
  }
}

/** What `ffmpeg -i <name>` decodes: its exit code is not looked at, its samples are counted. */
function samplesByName(file: string): Promise<number> {
  const args = ["-nostdin", "-v", "quiet", "-i", `file:${join(folder, file)}`, "-map", "0:a:0", "-f", "f32le", "-"];
  return new Promise((resolve) => {
    const how = { encoding: "buffer", maxBuffer: 2 ** 28 } as const;
    execFile(ffmpeg?.path ?? "ffmpeg", args, how, (_, stdout) => resolve(stdout.length / 4));
  });
}
