/** Tags of WAV and AIFF files: chunks behind the samples. */
import type { FileHandle } from "node:fs/promises";
import { id3Tag } from "./id3-tag.ts";
import type { RecordingTags } from "./recording-tags.ts";
import { COUNTED_TAGS, TAG_NAMES } from "./tag-names.ts";

/** Where an RF64 file keeps the size that its first chunk has no room for (EBU Tech 3306). */
const RF64_SIZE_OFFSET = 20;

/**
 * Appends an ID3 chunk with everything, and in WAV a LIST of INFO before it with what older programs (FFmpeg is one) read.
 * @throws what the file system throws.
 */
export async function appendTagChunks(
  file: FileHandle,
  container: "wav" | "aiff",
  tags: RecordingTags,
  durationSeconds: number | null,
): Promise<void> {
  const isWav = container === "wav";
  const { size } = await file.stat();
  const pad = size % 2 === 0 ? [] : [Buffer.alloc(1)];
  const id3 = chunk(isWav ? "id3 " : "ID3 ", id3Tag(tags, durationSeconds), !isWav);
  const bytes = Buffer.concat([...pad, ...(isWav ? infoList(tags) : []), id3]);
  await file.write(bytes, 0, bytes.length, size);
  const head = Buffer.alloc(RF64_SIZE_OFFSET + 8);
  await file.read(head, 0, head.length, 0);
  const content = size + bytes.length - 8;
  if (head.toString("latin1", 0, 4) === "RF64") {
    head.writeBigUInt64LE(BigInt(content), RF64_SIZE_OFFSET);
  } else if (isWav) head.writeUInt32LE(content, 4);
  else head.writeUInt32BE(content, 4);
  await file.write(head, 0, head.length, 0);
}

/** INFO has one value a name: several are joined. */
function infoList({ fields }: RecordingTags): Buffer[] {
  const named = [
    ...TAG_NAMES.map(({ name, info }) => ({ name, info })),
    ...COUNTED_TAGS.map(({ number, info }) => ({ name: number, info })),
  ];
  const items = named.flatMap(({ name, info }) => {
    const values = fields.get(name);
    return info === null || values === undefined ? [] : [chunk(info, Buffer.from(`${values.join("; ")}\0`), false)];
  });
  if (items.length === 0) return [];
  return [chunk("LIST", Buffer.concat([Buffer.from("INFO"), ...items]), false)];
}

function chunk(id: string, body: Buffer, bigEndian: boolean): Buffer {
  const header = Buffer.alloc(8);
  header.write(id, "latin1");
  if (bigEndian) header.writeUInt32BE(body.length, 4);
  else header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
}
