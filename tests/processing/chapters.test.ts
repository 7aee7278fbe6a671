/** Chapters through conversion. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyEffects } from "../../src/processing/apply-effects.ts";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { jobFolder, presentFfmpeg, runOperation, tagsOf } from "./operation-runs.ts";

const CHAPTERS = [
  ["One; the first", 0, 1000],
  ["Two", 1000, 2500],
] as const;

function withChapters(extension: string): string {
  const folder = jobFolder();
  const lines = CHAPTERS.flatMap(([title, start, end]) => [
    "[CHAPTER]",
    "TIMEBASE=1/1000",
    `START=${start}`,
    `END=${end}`,
    `title=${title.replace(";", "\\;")}`,
  ]);
  writeFileSync(join(folder, "chapters.txt"), [";FFMETADATA1", ...lines, ""].join("\n"));
  const path = join(folder, `book.${extension}`);
  const inputs = ["-f", "lavfi", "-i", "sine=duration=2.5", "-i", join(folder, "chapters.txt")];
  execFileSync(presentFfmpeg().path, ["-v", "error", ...inputs, "-map", "0:a", "-map_chapters", "1", path]);
  return path;
}

describe.skipIf(ffmpeg === null)(`chapters${ffmpegNote}`, () => {
  test.each([
    ["m4a", "opus"],
    ["m4a", "ogg"],
    ["m4a", "flac"],
    ["m4a", "mp3"],
    ["mp3", "opus"],
    ["mp3", "m4a"],
    ["opus", "ogg"],
    ["opus", "mp3"],
  ])("of %s are kept as tags in %s", async (from, format) => {
    const { path } = await runOperation(convertAudio, withChapters(from), { format });
    const { fields } = await tagsOf(path);
    expect(fields.get("CHAPTER000")).toEqual(["00:00:00.000"]);
    expect(fields.get("CHAPTER000NAME")).toEqual(["One; the first"]);
    expect(fields.get("CHAPTER001")).toEqual(["00:00:01.000"]);
    expect(fields.get("CHAPTER001NAME")).toEqual(["Two"]);
  });

  test.each(["opus", "ogg"])("in %s they are chapters to others too", async (format) => {
    const { path } = await runOperation(convertAudio, withChapters("m4a"), { format });
    const shown = execFileSync(presentFfmpeg().path, ["-v", "error", "-i", path, "-f", "ffmetadata", "-"], {
      encoding: "utf8",
    });
    expect(shown.match(/\[CHAPTER\]/g)).toHaveLength(2);
    expect(shown).toContain("title=Two");
  });

  test("are named as not kept where the times change", async () => {
    const effects = [{ type: "trim", start_seconds: 0.5 }];
    const { value, path } = await runOperation(applyEffects, withChapters("m4a"), { effects, format: "opus" });
    expect(Object(value.metadata).not_kept).toContain("chapters, whose times are not those of the result");
    expect((await tagsOf(path)).fields.has("CHAPTER000")).toBe(false);
  });
});
