/** All tags and pictures of a recording, to be carried into another file; for showing them there is tags.ts. */
import { type IAudioMetadata, type IChapter, type IPicture, type ITag, parseBlob } from "music-metadata";
import { type Chapter, isChapterComment, MOST_CHAPTERS, orderedChapters, takeChapterComments } from "./chapters.ts";
import type { AudioSource } from "./decoder.ts";
import { DescriptorBlob } from "./descriptor-blob.ts";
import type { Ffmpeg } from "./ffmpeg.ts";
import { chaptersByFfmpeg } from "./ffmpeg-chapters.ts";
import { COUNTED_TAGS, TAG_NAMES, TAGS_OF_THE_CODING } from "./tag-names.ts";

const MOST_VALUE_CHARACTERS = 200_000;
const MOST_FIELDS = 500;
const MOST_PICTURES = 16;
const MOST_PICTURE_BYTES = 15_000_000;

/** The kinds of tags that a file can hold at once, the fullest first: of a tag, the first kind that has it counts. */
const KINDS = ["vorbis", "iTunes", "ID3v2.4", "ID3v2.3", "ID3v2.2", "APEv2", "AIFF", "exif", "ID3v1"];

export interface CoverPicture {
  readonly mimeType: string;
  readonly bytes: Uint8Array;
  /** Number of the picture's kind in ID3 and FLAC: 3 is the front cover. */
  readonly kind: number;
  readonly description: string;
}

/** Untrusted text, as it stands in the file: line breaks and odd characters are kept. */
export interface RecordingTags {
  /** By the Vorbis comments' names (upper case); each has at least one value. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly pictures: readonly CoverPicture[];
  /** By their beginning. */
  readonly chapters: readonly Chapter[];
  /** What was found and is not carried, in words. */
  readonly leftOut: readonly string[];
}

/** What of them came into a file. */
export interface WrittenTags {
  readonly pictures: number;
  readonly chapters: number;
  /** What the format cannot hold, in words. */
  readonly notKept: readonly string[];
}

const PICTURE_KINDS: readonly string[] = [
  "Other",
  "32x32 pixels 'file icon' (PNG only)",
  "Other file icon",
  "Cover (front)",
  "Cover (back)",
  "Leaflet page",
  "Media (e.g. label side of CD)",
  "Lead artist/lead performer/soloist",
  "Artist/performer",
  "Conductor",
  "Band/Orchestra",
  "Composer",
  "Lyricist/text writer",
  "Recording Location",
  "During recording",
  "During performance",
  "Movie/video screen capture",
  "A bright coloured fish",
  "Illustration",
  "Band/artist logotype",
  "Publisher/Studio logotype",
];
const FRONT_COVER = 3;

/** Of ID3; they and their table of contents are read as chapters. */
const CHAPTER_FRAME = "CHAP";
const CONTENTS_FRAME = "CTOC";

const NO_TAGS: RecordingTags = { fields: new Map(), pictures: [], chapters: [], leftOut: [] };

/**
 * The tags of an opened file; none where it has none or they cannot be read. @param ffmpeg Reads the chapters of Matroska; without it
 * there are none. @throws the signal's reason.
 */
export async function readRecordingTags(
  source: AudioSource,
  signal: AbortSignal,
  ffmpeg: Ffmpeg | null,
): Promise<RecordingTags> {
  signal.throwIfAborted();
  const blob = new DescriptorBlob(source.fd, 0, source.sizeBytes, signal);
  let found: IAudioMetadata;
  try {
    found = await parseBlob(blob, { duration: false, includeChapters: true });
  } catch {
    signal.throwIfAborted();
    return NO_TAGS;
  }
  const gathered = gather(found.native);
  if (gathered.fields.size === 0) addCommon(found.common, gathered.fields);
  const isMatroska = /matroska|webm/i.test(found.format.container ?? "");
  const all =
    isMatroska && ffmpeg !== null ? await chaptersByFfmpeg(ffmpeg, source, signal) : chaptersOf(found, gathered);
  const chapters = orderedChapters(all);
  if (all.length > MOST_CHAPTERS) gathered.leftOut.add(`chapters after the first ${MOST_CHAPTERS}`);
  const { pictures, tooLarge } = picturesOf(found.common.picture ?? []);
  if (tooLarge > 0) gathered.leftOut.add(`${tooLarge} pictures over ${MOST_PICTURE_BYTES / 1e6} MB`);
  return { fields: gathered.fields, pictures, chapters, leftOut: [...gathered.leftOut] };
}

/** By the structures that a format has for them, else by Vorbis comments, which are no tags then. */
function chaptersOf(found: IAudioMetadata, { fields, leftOut }: Gathered): readonly Chapter[] {
  const comments = takeChapterComments(fields);
  const known = found.format.chapters ?? [];
  const frames = Object.values(found.native).flatMap((tags) => tags.filter(({ id }) => id === CHAPTER_FRAME));
  if (frames.length > known.length) leftOut.add(`${frames.length - known.length} chapters without a title`);
  if (known.some(({ image }) => image !== undefined)) leftOut.add("pictures of chapters");
  if (known.some(({ url }) => url !== undefined)) leftOut.add("links of chapters");
  return known.length === 0 ? comments : known.map(toChapter);
}

/** MP4 counts in its track's units, ID3 in seconds. */
function toChapter({ title, start, end, timeScale }: IChapter): Chapter {
  const unit = timeScale ?? 1;
  return { startSeconds: start / unit, endSeconds: end === undefined ? null : end / unit, title };
}

interface Gathered {
  readonly fields: Map<string, string[]>;
  readonly leftOut: Set<string>;
}

function gather(native: IAudioMetadata["native"]): Gathered {
  const gathered: Gathered = { fields: new Map(), leftOut: new Set() };
  let tags = 0;
  for (const kind of KINDS) {
    const ofKind = new Map<string, string[]>();
    for (const tag of native[kind] ?? []) addTag(kind, tag, ofKind, gathered.leftOut);
    if (kind === "vorbis") takeDescriptionForComment(ofKind);
    for (const [name, values] of ofKind) {
      if (gathered.fields.has(name)) continue;
      if (isChapterComment(name) || tags++ < MOST_FIELDS) gathered.fields.set(name, values);
      else gathered.leftOut.add(`tags after the first ${MOST_FIELDS}`);
    }
  }
  return gathered;
}

/** Vorbis comments know DESCRIPTION for what others call a comment, and FFmpeg writes it so. */
function takeDescriptionForComment(fields: Map<string, string[]>): void {
  const description = fields.get("DESCRIPTION");
  if (description === undefined || fields.has("COMMENT")) return;
  fields.set("COMMENT", description);
  fields.delete("DESCRIPTION");
}

function addTag(kind: string, tag: ITag, fields: Map<string, string[]>, leftOut: Set<string>): void {
  if (isPicture(tag) || tag.id === CHAPTER_FRAME || tag.id === CONTENTS_FRAME) return;
  const name = nameOf(kind, tag.id);
  if (TAGS_OF_THE_CODING.has(name)) return;
  const text = textOf(kind, tag.value);
  if (text === null) {
    leftOut.add(`the tag ${printable(tag.id)}, which is no text`);
    return;
  }
  if (text === "") return;
  const counted = COUNTED_TAGS.find((one) => one.number === name);
  const [number, total] = counted === undefined ? [text] : text.split("/", 2);
  append(fields, name, number ?? text, leftOut);
  if (counted !== undefined && total !== undefined && total !== "") append(fields, counted.total, total, leftOut);
}

function append(fields: Map<string, string[]>, name: string, text: string, leftOut: Set<string>): void {
  if (text.length > MOST_VALUE_CHARACTERS) {
    leftOut.add(`the end of ${printable(name)}, after ${MOST_VALUE_CHARACTERS} characters`);
  }
  const values = fields.get(name) ?? [];
  values.push(text.slice(0, MOST_VALUE_CHARACTERS));
  fields.set(name, values);
}

/** Names are said to people and models too: short, and of plain characters. */
function printable(name: string): string {
  return name.slice(0, 40).replaceAll(/[^\w:. -]/g, "?");
}

function isPicture({ id }: ITag): boolean {
  return /^(APIC|PIC|covr|METADATA_BLOCK_PICTURE|Cover Art)/i.test(id);
}

/** The Vorbis comment's name of a tag; that of an unknown one is its own. */
function nameOf(kind: string, id: string): string {
  const isId3 = kind.startsWith("ID3v2") || kind === "AIFF";
  if (/^(TXXX|TXX):/.test(id) && isId3) return ownName(id.replace(/^TXXX?:/, ""));
  if (kind === "iTunes" && id.startsWith("----:")) return ownName(id.split(":").slice(2).join(":"));
  if (isId3 && /^COMM?(:|$)/.test(id)) return "COMMENT";
  if (isId3 && /^(USLT|ULT)(:|$)/.test(id)) return "LYRICS";
  const counted = COUNTED_TAGS.find(({ id3, mp4, info }) => [...id3, mp4, info].includes(id as never));
  if (counted !== undefined) return counted.number;
  const known = TAG_NAMES.find(({ id3, mp4, info }) => id3.includes(id) || mp4 === id || info === id);
  if (known !== undefined) return known.name;
  return ownName(id === "tmpo" ? "BPM" : id === "ISFT" || id === "©too" ? "ENCODER" : id);
}

/** Other words for names that there are. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  TRACK: "TRACKNUMBER",
  DISC: "DISCNUMBER",
  TOTALTRACKS: "TRACKTOTAL",
  TOTALDISCS: "DISCTOTAL",
  YEAR: "DATE",
  ALBUM_ARTIST: "ALBUMARTIST",
  "ALBUM ARTIST": "ALBUMARTIST",
  TBPM: "BPM",
  TKEY: "INITIALKEY",
};

function ownName(id: string): string {
  const name = id.trim().toUpperCase();
  return OTHER_WORDS[name] ?? name;
}

/** Null for what is no text: private frames, ratings, objects. */
function textOf(kind: string, value: unknown): string | null {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return (kind === "exif" ? asUtf8(value) : value).replaceAll("\0", "");
  if (typeof value !== "object" || value === null || !("text" in value)) return null;
  return typeof value.text === "string" ? value.text.replaceAll("\0", "") : null;
}

/** WAV's INFO names no character set; most programs write UTF-8, which was read byte by byte. */
function asUtf8(latin1: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1;
  }
}

/** The usual tags of formats whose own names Hark does not know (ASF, Matroska). */
function addCommon(common: IAudioMetadata["common"], fields: Map<string, string[]>): void {
  const usual: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ["TITLE", [common.title]],
    ["ARTIST", common.artists ?? [common.artist]],
    ["ALBUM", [common.album]],
    ["ALBUMARTIST", [common.albumartist]],
    ["COMPOSER", common.composer ?? []],
    ["GENRE", common.genre ?? []],
    ["DATE", [common.date ?? common.year?.toString()]],
    ["TRACKNUMBER", [common.track.no?.toString()]],
    ["TRACKTOTAL", [common.track.of?.toString()]],
    ["COMMENT", (common.comment ?? []).map((one) => one.text)],
  ];
  for (const [name, values] of usual) {
    const texts = values.filter((text) => text !== undefined && text !== "");
    if (texts.length > 0) fields.set(name, texts as string[]);
  }
}

/** The same picture twice (a tag and a stream of it) counts once. */
function picturesOf(found: readonly IPicture[]): { pictures: CoverPicture[]; tooLarge: number } {
  const fitting = found.filter(({ data }) => data.length > 0 && data.length <= MOST_PICTURE_BYTES);
  const pictures = fitting.slice(0, MOST_PICTURES).map((picture): CoverPicture => {
    const kind = PICTURE_KINDS.indexOf(picture.type ?? "");
    return {
      mimeType: mimeTypeOf(picture.data) ?? picture.format,
      bytes: picture.data,
      kind: kind > 0 ? kind : FRONT_COVER,
      description: (picture.description ?? "").replaceAll("\0", "").slice(0, 200),
    };
  });
  return { pictures, tooLarge: found.length - fitting.length };
}

function mimeTypeOf(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("\x89PNG")) return "image/png";
  if (head.startsWith("GIF8")) return "image/gif";
  if (head.startsWith("BM")) return "image/bmp";
  return /^RIFF.{4}WEBP/s.test(head) ? "image/webp" : null;
}
