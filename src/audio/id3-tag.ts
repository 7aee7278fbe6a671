/** An ID3v2.4 tag: of MP3 files, and as a chunk of WAV and AIFF files. */
import { closedChapters } from "./chapters.ts";
import type { CoverPicture, RecordingTags } from "./recording-tags.ts";
import { COUNTED_TAGS, TAG_NAMES } from "./tag-names.ts";

const UTF_8 = 3;
const TIMESTAMP = /^\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?$/;

/**
 * The bytes of the tag; several values of a name stand in one frame, divided by zeros. What has no frame of its own, and dates that are
 * not written as the standard asks, become user-defined text. id3.org, "ID3 tag version 2.4.0", 2000.
 * @param durationSeconds Where the last chapter ends; null if not known.
 */
export function id3Tag(tags: RecordingTags, durationSeconds: number | null): Buffer {
  const chapters = chapterFrames(tags.chapters, durationSeconds);
  const body = Buffer.concat([...textFrames(tags.fields), ...chapters, ...tags.pictures.map(pictureFrame)]);
  const header = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0]);
  writeSyncsafe(header, 6, body.length);
  return Buffer.concat([header, body]);
}

function textFrames(fields: RecordingTags["fields"]): Buffer[] {
  const totals: readonly string[] = COUNTED_TAGS.map((one) => one.total);
  return Array.from(fields).flatMap(([name, values]) => {
    const counted = COUNTED_TAGS.find((one) => one.number === name);
    if (counted !== undefined) {
      const total = fields.get(counted.total)?.[0];
      const number = values[0] ?? "";
      return [frame(counted.id3[0], encoded(total === undefined ? number : `${number}/${total}`))];
    }
    const number = COUNTED_TAGS.find((one) => one.total === name)?.number;
    if (totals.includes(name) && number !== undefined && fields.has(number)) return [];
    if (name === "COMMENT") return values.map((text, index) => languageFrame("COMM", index, text));
    if (name === "LYRICS") return values.map((text, index) => languageFrame("USLT", index, text));
    const id = TAG_NAMES.find((one) => one.name === name)?.id3[0];
    const isDate = id === "TDRC" || id === "TDOR";
    if (id === undefined || (isDate && !values.every((value) => TIMESTAMP.test(value))))
      return [ownFrame(name, values)];
    return [frame(id, encoded(values.join("\0")))];
  });
}

function ownFrame(name: string, values: readonly string[]): Buffer {
  return frame("TXXX", encoded(`${name}\0${values.join("\0")}`));
}

/** Frames of a kind differ by their descriptions. */
function languageFrame(id: string, index: number, text: string): Buffer {
  const description = index === 0 ? "" : String(index + 1);
  return frame(id, Buffer.concat([Buffer.from([UTF_8]), Buffer.from(`und${description}\0${text}`, "utf8")]));
}

function pictureFrame({ mimeType, kind, description, bytes }: CoverPicture): Buffer {
  const head = Buffer.concat([Buffer.from([UTF_8]), Buffer.from(`${mimeType}\0`, "latin1"), Buffer.from([kind])]);
  return frame("APIC", Buffer.concat([head, Buffer.from(`${description}\0`, "utf8"), bytes]));
}

/** Ordered, and of the top level. */
const CONTENTS_FLAGS = 3;
/** Its entries are counted in one byte; without a table players go by time. */
const MOST_CONTENTS = 255;
const LONGEST_MILLISECONDS = 0xffff_ffff;
/** Offsets in bytes are not given. */
const NO_OFFSETS = Buffer.alloc(8, 0xff);

/** id3.org, "ID3v2 Chapter Frame Addendum", 2005. */
function chapterFrames(chapters: RecordingTags["chapters"], durationSeconds: number | null): Buffer[] {
  if (chapters.length === 0) return [];
  const ids = chapters.map((_, index) => Buffer.from(`ch${index}\0`, "latin1"));
  const contents = Buffer.concat([Buffer.from("toc\0"), Buffer.from([CONTENTS_FLAGS, ids.length & 255]), ...ids]);
  const frames = closedChapters(chapters, durationSeconds).map(({ startSeconds, endSeconds, title }, index) => {
    const times = Buffer.alloc(8);
    times.writeUInt32BE(milliseconds(startSeconds));
    times.writeUInt32BE(milliseconds(endSeconds), 4);
    return frame("CHAP", Buffer.concat([ids[index], times, NO_OFFSETS, frame("TIT2", encoded(title))]));
  });
  return ids.length > MOST_CONTENTS ? frames : [frame("CTOC", contents), ...frames];
}

function milliseconds(seconds: number): number {
  return Math.min(LONGEST_MILLISECONDS, Math.round(seconds * 1000));
}

function encoded(text: string): Buffer {
  return Buffer.concat([Buffer.from([UTF_8]), Buffer.from(text, "utf8")]);
}

function frame(id: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(10);
  header.write(id, "latin1");
  writeSyncsafe(header, 4, body.length);
  return Buffer.concat([header, body]);
}

function writeSyncsafe(target: Buffer, offset: number, value: number): void {
  for (let index = 0; index < 4; index++) target[offset + index] = (value >> (21 - 7 * index)) & 127;
}
