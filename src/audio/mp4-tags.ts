/** Tags of MP4 files whose `moov` stands last, as FFmpeg writes them. */
import type { FileHandle } from "node:fs/promises";
import { AppError } from "../errors.ts";
import type { CoverPicture, RecordingTags, WrittenTags } from "./recording-tags.ts";
import { COUNTED_TAGS, TAG_NAMES } from "./tag-names.ts";

/** Both counted in one byte. */
const MOST_CHAPTERS = 255;
const MOST_TITLE_BYTES = 255;
const CHAPTER_UNITS_PER_SECOND = 10_000_000;

/** Kinds of a `data` atom: Apple, "QuickTime File Format Specification", well-known types. */
const DATA = { implicit: 0, utf8: 1, jpeg: 13, png: 14, integer: 21, bmp: 27 };
const PICTURE_DATA: Readonly<Record<string, number>> = {
  "image/jpeg": DATA.jpeg,
  "image/png": DATA.png,
  "image/bmp": DATA.bmp,
};

interface Atom {
  readonly type: string;
  readonly offset: number;
  readonly size: number;
}

/**
 * Replaces what `moov` holds of tags; no offset of a sample changes, as it stands behind them. Several values are several `data` of one
 * item; tags without an item of their own become free-form ones. An item takes JPEG, PNG and BMP;
 * chapters are those of Nero, which have no ends. @throws AppError internal when `moov` is missing or not last.
 */
export async function replaceMovieTags(file: FileHandle, tags: RecordingTags): Promise<WrittenTags> {
  const { size } = await file.stat();
  const movie = (await topAtoms(file, size)).at(-1);
  if (movie?.type !== "moov") throw new AppError("internal", "The MP4 file to tag has no moov at its end.");
  const old = Buffer.alloc(movie.size);
  await file.read(old, 0, movie.size, movie.offset);
  const kept = atomsWithin(old, 8).filter(({ type }) => type !== "udta" && type !== "meta");
  const parts = kept.map(({ offset, size: length }) => old.subarray(offset, offset + length));
  const bytes = atom("moov", ...parts, atom("udta", ...chapterList(tags.chapters), metaAtom(tags)));
  await file.write(bytes, 0, bytes.length, movie.offset);
  await file.truncate(movie.offset + bytes.length);
  const refused = tags.pictures.filter(({ mimeType }) => PICTURE_DATA[mimeType] === undefined);
  const chapters = Math.min(tags.chapters.length, MOST_CHAPTERS);
  const notKept = refused.map(({ mimeType }) => `a picture (${mimeType.slice(0, 30)}): M4A takes JPEG, PNG and BMP`);
  if (chapters < tags.chapters.length) notKept.push(`chapters after the first ${MOST_CHAPTERS}: M4A takes no more`);
  if (tags.chapters.some(({ title }) => Buffer.byteLength(title) > MOST_TITLE_BYTES))
    notKept.push(`the ends of chapters' titles: M4A takes ${MOST_TITLE_BYTES} bytes`);
  return { pictures: tags.pictures.length - refused.length, chapters, notKept };
}

/** Version 1, four bytes of nothing, the count; for each its beginning in units of 100 ns and its title, as FFmpeg and VLC read them. */
function chapterList(chapters: RecordingTags["chapters"]): Buffer[] {
  if (chapters.length === 0) return [];
  const entries = chapters.slice(0, MOST_CHAPTERS).map(({ startSeconds, title }) => {
    const text = Buffer.from(withinBytes(title, MOST_TITLE_BYTES), "utf8");
    const head = Buffer.alloc(9);
    head.writeBigUInt64BE(BigInt(Math.round(startSeconds * CHAPTER_UNITS_PER_SECOND)));
    head.writeUInt8(text.length, 8);
    return Buffer.concat([head, text]);
  });
  return [atom("chpl", Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, entries.length]), ...entries)];
}

/** Whole characters. */
function withinBytes(text: string, most: number): string {
  let kept = text.slice(0, most);
  while (Buffer.byteLength(kept) > most) kept = Array.from(kept).slice(0, -1).join("");
  return kept;
}

async function topAtoms(file: FileHandle, fileBytes: number): Promise<Atom[]> {
  const atoms: Atom[] = [];
  const header = Buffer.alloc(16);
  for (let offset = 0; offset + 8 <= fileBytes; ) {
    await file.read(header, 0, 16, offset);
    const short = header.readUInt32BE(0);
    const size = short === 1 ? Number(header.readBigUInt64BE(8)) : short === 0 ? fileBytes - offset : short;
    if (size < 8) break;
    atoms.push({ type: header.toString("latin1", 4, 8), offset, size });
    offset += size;
  }
  return atoms;
}

function atomsWithin(bytes: Buffer, start: number): Atom[] {
  const atoms: Atom[] = [];
  for (let offset = start; offset + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(offset);
    if (size < 8) break;
    atoms.push({ type: bytes.toString("latin1", offset + 4, offset + 8), offset, size });
    offset += size;
  }
  return atoms;
}

function metaAtom(tags: RecordingTags): Buffer {
  const handler = Buffer.concat([Buffer.alloc(8), Buffer.from("mdirappl"), Buffer.alloc(9)]);
  return atom("meta", Buffer.alloc(4), atom("hdlr", handler), atom("ilst", ...itemsOf(tags)));
}

function itemsOf({ fields, pictures }: RecordingTags): Buffer[] {
  const items = Array.from(fields).flatMap(([name, values]) => {
    const counted = COUNTED_TAGS.find(({ number, total }) => number === name || total === name);
    if (counted !== undefined) {
      const isWritten = name === counted.total && fields.has(counted.number);
      return isWritten ? [] : [countedItem(counted, fields)];
    }
    const texts = values.map((value) => data(DATA.utf8, Buffer.from(value, "utf8")));
    const tempo = Number(values[0]);
    if (name === "BPM" && Number.isInteger(tempo) && tempo > 0 && tempo < 32_768) {
      return [atom("tmpo", data(DATA.integer, Buffer.from([tempo >> 8, tempo & 255])))];
    }
    const type = TAG_NAMES.find((one) => one.name === name)?.mp4;
    return [typeof type === "string" ? atom(type, ...texts) : freeItem(name, texts)];
  });
  const covers = pictures.flatMap(coverData);
  return covers.length === 0 ? items : [...items, atom("covr", ...covers)];
}

/** Numbers that are none, as "A1" of a record's side, become text. */
function countedItem({ number, total, mp4 }: (typeof COUNTED_TAGS)[number], fields: RecordingTags["fields"]): Buffer {
  const texts = [fields.get(number)?.[0] ?? "0", fields.get(total)?.[0] ?? "0"];
  const values = texts.map(Number);
  if (values.some((value) => !Number.isInteger(value) || value < 0 || value > 65_535)) {
    return freeItem(number, [data(DATA.utf8, Buffer.from(texts.join("/"), "utf8"))]);
  }
  const body = Buffer.alloc(mp4 === "trkn" ? 8 : 6);
  body.writeUInt16BE(values[0] ?? 0, 2);
  body.writeUInt16BE(values[1] ?? 0, 4);
  return atom(mp4, data(DATA.implicit, body));
}

function coverData({ mimeType, bytes }: CoverPicture): Buffer[] {
  const kind = PICTURE_DATA[mimeType];
  return kind === undefined ? [] : [data(kind, bytes)];
}

function freeItem(name: string, values: readonly Buffer[]): Buffer {
  const mean = atom("mean", Buffer.alloc(4), Buffer.from("com.apple.iTunes"));
  return atom("----", mean, atom("name", Buffer.alloc(4), Buffer.from(name, "utf8")), ...values);
}

function data(kind: number, value: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(kind);
  return atom("data", header, value);
}

function atom(type: string, ...content: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(content.reduce((sum, part) => sum + part.length, 8));
  header.write(type, 4, "latin1");
  return Buffer.concat([header, ...content]);
}
