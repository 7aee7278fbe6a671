import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CoverPicture, readRecordingTags } from "../../src/audio/recording-tags.ts";
import { writeRecordingTags } from "../../src/audio/tag-writer.ts";
import { OUTPUT_FORMATS } from "../../src/processing/audio-encodings.ts";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { ffmpeg, ffmpegNote, openSource } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { jobFolder, presentFfmpeg, runOperation, tagsOf } from "./operation-runs.ts";

const LONG = `${"very long ".repeat(2000)}end`;
const FIELDS: Readonly<Record<string, string>> = {
  TITLE: "Ünï ☃ 日本語 🎧👩‍👩‍👧",
  ARTIST: "A; B / C",
  ALBUM: 'quotes " and \\ = ; # marks',
  GENRE: "Drum & Bass",
  DATE: "2024-02-29",
  COMMENT: "first line\n\n  second line",
  MYTAG: LONG,
  ISRC: "XX0000000001",
  BPM: "123",
  "ODD KEY:1": "own",
};

if (ffmpeg === null) test.skip(`metadata${ffmpegNote}`, () => {});
else {
  describe("metadata through a conversion", describeConversion);
  describe("the writers of tags", describeWriters);
}

function describeConversion(): void {
  test.each(OUTPUT_FORMATS)("keeps odd tags and the cover in %s, and on the way back", async (format) => {
    const { path, cover } = taggedFlac();
    const quality = format === "m4a" ? "lossless" : "high";
    const there = await runOperation(convertAudio, path, { format, quality });
    expect(there.value).toMatchObject({ metadata: { tags_kept: 10, pictures_kept: 1, not_kept: [] } });
    const back = await runOperation(convertAudio, there.path, { format: "flac" });
    for (const one of [there.path, back.path]) {
      const tags = await tagsOf(one);
      expect(Object.fromEntries(tags.fields)).toEqual(
        Object.fromEntries(Object.entries(FIELDS).map(([name, value]) => [name, [value]])),
      );
      expect(tags.pictures.length).toBe(1);
      expect(Buffer.from(tags.pictures[0]?.bytes ?? []).equals(cover)).toBe(true);
      expect(tags.pictures[0]).toMatchObject({ mimeType: "image/png", kind: 3 });
    }
  });

  test.each(OUTPUT_FORMATS)("FFmpeg reads the tags of %s", async (format) => {
    const { path } = taggedFlac();
    const converted = await runOperation(convertAudio, path, { format });
    const { title, artist, genre } = ffmpegTags(converted.path);
    expect({ title, artist, genre }).toEqual({ title: FIELDS.TITLE, artist: FIELDS.ARTIST, genre: FIELDS.GENRE });
  });

  test.each(OUTPUT_FORMATS)("keeps several values of a tag in %s", async (format) => {
    const { path } = taggedFlac();
    const several = new Map([
      ["ARTIST", ["Ada", "Böb"]],
      ["MYTAG", ["one", "two", "three"]],
      ["TRACKNUMBER", ["3"]],
      ["TRACKTOTAL", ["12"]],
    ]);
    await writeRecordingTags(
      path,
      "flac",
      { fields: several, pictures: [], chapters: [], leftOut: [] },
      null,
      new AbortController().signal,
    );
    const converted = await runOperation(convertAudio, path, { format });
    expect(Object.fromEntries((await tagsOf(converted.path)).fields)).toEqual(Object.fromEntries(several));
  });

  test("says which picture a format cannot hold", async () => {
    const { path } = taggedFlac();
    const gif: CoverPicture = { mimeType: "image/gif", bytes: Buffer.from("GIF89a....."), kind: 3, description: "" };
    const tags = { fields: new Map(), pictures: [gif], chapters: [], leftOut: [] };
    await writeRecordingTags(path, "flac", tags, null, new AbortController().signal);
    const { value } = await runOperation(convertAudio, path, { format: "m4a" });
    expect(value).toMatchObject({ metadata: { pictures_kept: 0, not_kept: [expect.stringContaining("image/gif")] } });
  });

  test("leaves a file without tags without tags", async () => {
    const path = join(jobFolder(), "plain.wav");
    writeFileSync(path, wavFile([sine(440, 44_100, 44_100)], 44_100));
    const { path: output } = await runOperation(convertAudio, path, { format: "flac" });
    const { fields, pictures } = await tagsOf(output);
    expect([fields.size, pictures.length]).toEqual([0, 0]);
  });
}

function describeWriters(): void {
  test("a cover larger than an Ogg page survives, and the audio with it", async () => {
    const path = join(jobFolder(), "tone.ogg");
    execFileSync(presentFfmpeg().path, [...QUIET, "-f", "lavfi", "-i", "sine=d=3", "-bitexact", path]);
    const before = pcmOf(path);
    const bytes = Buffer.from(noise(300_000).map((value) => value * 255));
    const picture = { mimeType: "image/png", bytes: Buffer.concat([Buffer.from("\x89PNG", "latin1"), bytes]), kind: 4 };
    const tags = { fields: new Map(), pictures: [{ ...picture, description: "Rück" }], chapters: [], leftOut: [] };
    await writeRecordingTags(path, "ogg", tags, null, new AbortController().signal);
    const found = await readRecordingTags(openSource(path), new AbortController().signal, null);
    expect(found.pictures[0]).toMatchObject({ kind: 4, description: "Rück" });
    expect(Buffer.from(found.pictures[0]?.bytes ?? []).equals(picture.bytes)).toBe(true);
    expect(pcmOf(path).equals(before)).toBe(true);
  });

  test("a packet of a whole number of full segments ends where it ends", async () => {
    for (let extra = 0; extra < 260; extra += 13) {
      const path = join(jobFolder(), "tone.opus");
      execFileSync(presentFfmpeg().path, [...QUIET, "-f", "lavfi", "-i", "sine=d=0.1", "-bitexact", path]);
      const value = "x".repeat(65_025 - 300 + extra);
      const tags = { fields: new Map([["LONG", [value]]]), pictures: [], chapters: [], leftOut: [] };
      await writeRecordingTags(path, "ogg", tags, null, new AbortController().signal);
      expect((await tagsOf(path)).fields.get("LONG")?.[0]?.length).toBe(value.length);
      expect(ffmpegTags(path).long?.length).toBe(value.length);
    }
  });
}

const QUIET = ["-y", "-nostdin", "-v", "error"];

/** A FLAC file as FFmpeg writes it, with the odd tags and a PNG cover. */
function taggedFlac(): { readonly path: string; readonly cover: Buffer } {
  const folder = jobFolder();
  const [wav, text, png, path] = ["tone.wav", "tags.txt", "cover.png", "tagged.flac"].map((name) => join(folder, name));
  if (wav === undefined || text === undefined || png === undefined || path === undefined) throw new Error("no paths");
  writeFileSync(wav, wavFile([sine(440, 44_100, 88_200), sine(660, 44_100, 88_200)], 44_100));
  const escaped = (value: string) => value.replaceAll(/[=;#\\\n]/g, (character) => `\\${character}`);
  const lines = Object.entries(FIELDS).map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
  writeFileSync(text, `;FFMETADATA1\n${lines.join("\n")}\n`);
  execFileSync(presentFfmpeg().path, [...QUIET, "-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1", png]);
  const inputs = ["-i", wav, "-f", "ffmetadata", "-i", text, "-i", png];
  const maps = ["-map", "0:a", "-map", "2:v", "-map_metadata", "1", "-c:v", "copy", "-disposition:v", "attached_pic"];
  const front = ["-metadata:s:v", "comment=Cover (front)"];
  execFileSync(presentFfmpeg().path, [...QUIET, ...inputs, ...maps, ...front, path]);
  return { path, cover: readFileSync(png) };
}

/** Tags as FFmpeg's own ffmetadata writer tells them, by lower-case names. */
function ffmpegTags(path: string): Record<string, string> {
  const args = [...QUIET, "-i", path, "-map_metadata:g", "0:s:a:0", "-map_metadata", "0", "-f", "ffmetadata", "-"];
  const text = execFileSync(presentFfmpeg().path, args, { encoding: "utf8", maxBuffer: 1e8 });
  const found: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/^((?:[^=\\\n]|\\.)+)=((?:[^\\\n]|\\[\s\S])*)$/gm)) {
    found[name.toLowerCase()] ??= value.replaceAll(/\\([\s\S])/g, "$1");
  }
  return found;
}

function pcmOf(path: string): Buffer {
  return execFileSync(presentFfmpeg().path, [...QUIET, "-i", path, "-f", "s16le", "-"], { maxBuffer: 1e8 });
}
