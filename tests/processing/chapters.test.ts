/** Chapters through conversion, as each format has them, read by Hark and by FFmpeg. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeRecordingTags } from "../../src/audio/tag-writer.ts";
import { applyEffects } from "../../src/processing/apply-effects.ts";
import { OUTPUT_FORMATS, type OutputFormat } from "../../src/processing/audio-encodings.ts";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { normalizeLoudness } from "../../src/processing/normalize-loudness.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { jobFolder, presentFfmpeg, runOperation, tagsOf } from "./operation-runs.ts";

const CHAPTERS = [
  ["One; \\ the = [first]", 0, 1],
  ["Zwei – 二", 1, 2.5],
] as const;

/** Written by FFmpeg, whose M4A has them twice: as Nero's list and as a track of text. */
function withChapters(extension: string): string {
  const folder = jobFolder();
  const lines = CHAPTERS.flatMap(([title, start, end]) => [
    "[CHAPTER]",
    "TIMEBASE=1/1000",
    `START=${start * 1000}`,
    `END=${end * 1000}`,
    `title=${title.replaceAll(/[;=\\]/g, "\\$&")}`,
  ]);
  writeFileSync(join(folder, "chapters.txt"), [";FFMETADATA1", ...lines, ""].join("\n"));
  const path = join(folder, `book.${extension}`);
  const inputs = ["-f", "lavfi", "-i", "sine=duration=2.5", "-i", join(folder, "chapters.txt")];
  execFileSync(presentFfmpeg().path, ["-v", "error", ...inputs, "-map", "0:a", "-map_chapters", "1", path]);
  return path;
}

const hasProbe = spawnSync("ffprobe", ["-version"]).status === 0;

/** By ffprobe: `[title, start, end]`. */
function shownBy(path: string): unknown[] {
  const args = ["-v", "error", "-show_chapters", "-of", "json", path];
  const { chapters } = JSON.parse(execFileSync("ffprobe", args, { encoding: "utf8" }));
  return chapters.map(({ tags, start_time, end_time }: Record<string, unknown>) => [
    Object(tags).title,
    Number(start_time),
    Number(end_time),
  ]);
}

/** FFmpeg's FLAC reader knows none. */
const SHOWN = OUTPUT_FORMATS.filter((format) => format !== "flac");

async function expectChapters(path: string): Promise<void> {
  const { chapters, fields } = await tagsOf(path);
  expect(chapters.map(({ title, startSeconds }) => [title, startSeconds])).toEqual(
    CHAPTERS.map(([title, start]) => [title, start]),
  );
  expect([...fields.keys()].filter((name) => name.startsWith("CHAPTER"))).toEqual([]);
}

describe.skipIf(ffmpeg === null)(`chapters${ffmpegNote}`, () => {
  test.each(OUTPUT_FORMATS)(
    "come into %s from the formats that have them, and from there to MP3 and back",
    async (format) => {
      for (const from of ["m4a", "mp3", "opus", "mka"]) {
        const { value, path } = await runOperation(convertAudio, withChapters(from), { format });
        expect(value).toMatchObject({ metadata: { chapters_kept: 2, not_kept: [] } });
        await expectChapters(path);
      }
      const there = await runOperation(convertAudio, withChapters("m4a"), { format });
      const mp3 = await runOperation(convertAudio, there.path, { format: "mp3" });
      await expectChapters(mp3.path);
      await expectChapters((await runOperation(convertAudio, mp3.path, { format })).path);
    },
  );

  test.skipIf(!hasProbe).each(SHOWN)(
    `of %s are chapters to others too${hasProbe ? "" : " (no ffprobe)"}`,
    async (format) => {
      const { path } = await runOperation(convertAudio, withChapters("m4a"), { format });
      const shown = shownBy(path);
      expect(shown.map((one) => Object(one).slice(0, 2))).toEqual(CHAPTERS.map(([title, start]) => [title, start]));
      const ends = shown.map((one) => Object(one)[2]);
      expect(ends[0]).toBe(1);
      expect(ends[1]).toBeGreaterThan(2.4);
      expect(ends[1]).toBeLessThan(2.7);
    },
  );

  test("of FLAC are the comments that Ogg has", async () => {
    const { path } = await runOperation(convertAudio, withChapters("m4a"), { format: "flac" });
    const head = readFileSync(path).subarray(0, 10_000).toString("utf8");
    expect(head).toContain("CHAPTER001=00:00:01.000");
    expect(head).toContain("CHAPTER001NAME=Zwei – 二");
  });

  test("stay where the level changes, and are named as not kept where the times change", async () => {
    const normal = await runOperation(normalizeLoudness, withChapters("mp3"), { target_lufs: -20 });
    await expectChapters(normal.path);
    const effects = [{ type: "trim", start_seconds: 0.5 }];
    const { value, path } = await runOperation(applyEffects, withChapters("m4a"), { effects, format: "opus" });
    expect(Object(value.metadata).not_kept).toContain("chapters, whose times are not those of the result");
    expect((await tagsOf(path)).chapters).toEqual([]);
  });

  test.each(["mp3", "m4a", "opus"] as const)(
    "of more than 255 are kept in %s, or what is not is said",
    async (format) => {
      const path = join(jobFolder(), "tone.wav");
      writeFileSync(path, wavFile([sine(440, 8000, 40_000)], 8000));
      const many = Array.from({ length: 300 }, (_, index) => ({
        startSeconds: index / 100,
        endSeconds: null,
        title: `${"ü".repeat(200)} ${index}`,
      }));
      const tags = { fields: new Map(), pictures: [], chapters: many, leftOut: [] };
      await writeRecordingTags(path, "wav", tags, 5, new AbortController().signal);
      const { value, path: converted } = await runOperation(convertAudio, path, { format });
      const { chapters_kept, not_kept } = Object(value.metadata);
      const limited: Partial<Record<OutputFormat, number>> = { m4a: 255 };
      expect(chapters_kept).toBe(limited[format] ?? 300);
      expect(not_kept).toHaveLength(format === "m4a" ? 2 : 0);
      const { chapters } = await tagsOf(converted);
      expect(chapters).toHaveLength(chapters_kept);
      expect(chapters[254]?.startSeconds).toBeCloseTo(2.54, 3);
      expect(chapters[254]?.title.startsWith("üüü")).toBe(true);
      expect(chapters[254]?.title).not.toContain("\uFFFD");
    },
  );
});
