/** Tags of Ogg Vorbis and Opus files: the second packet of the stream. */
import type { FileHandle } from "node:fs/promises";
import { AppError } from "../errors.ts";
import type { RecordingTags } from "./recording-tags.ts";
import { vorbisComment } from "./vorbis-comment.ts";

const HEADER_BYTES = 27;
const LONGEST_SEGMENT = 255;
const MOST_SEGMENTS = 255;
const CONTINUED = 1;
const LONGEST_PAGE = HEADER_BYTES + MOST_SEGMENTS + MOST_SEGMENTS * LONGEST_SEGMENT;
/** Where a page keeps its flags, position, number, checksum and segments (RFC 3533, section 6). */
const AT = { flags: 5, position: 6, serial: 14, number: 18, checksum: 22, segments: 26 };

/**
 * The bytes of a file with one logical stream, with tags and pictures in place of its comment packet: the header packets on
 * new pages, the pages of audio numbered anew. RFC 3533; RFC 7845, section 5.2. @throws AppError internal when the
 * beginning is not that of a Vorbis or Opus stream.
 */
export async function* oggWithTags(
  file: FileHandle,
  tags: RecordingTags,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const pages = readPages(file);
  const first = (await pages.next()).value;
  if (first === undefined) throw notOgg();
  const isOpus = first.toString("latin1", first.length - bodyBytes(first)).startsWith("OpusHead");
  yield first;

  const packets = await headerPackets(pages, isOpus ? 1 : 2);
  const comment = vorbisComment(tags, true);
  const tagged = isOpus
    ? Buffer.concat([Buffer.from("OpusTags"), comment])
    : Buffer.concat([Buffer.from("\x03vorbis", "latin1"), comment, Buffer.from([1])]);
  let number = 1;
  for (const page of paginate([tagged, ...packets.slice(1)], first.readUInt32LE(AT.serial))) {
    yield numbered(page, number++);
  }
  for await (const page of pages) {
    signal.throwIfAborted();
    yield numbered(page, number++);
  }
}

/** Pages one after the other; a rest that is no page ends them. */
async function* readPages(file: FileHandle): AsyncGenerator<Buffer, undefined> {
  let held = Buffer.alloc(0);
  for (let position = 0; ; ) {
    if (held.length < LONGEST_PAGE) {
      const more = Buffer.alloc(16 * LONGEST_PAGE);
      const { bytesRead } = await file.read(more, 0, more.length, position);
      position += bytesRead;
      held = Buffer.concat([held, more.subarray(0, bytesRead)]);
    }
    if (held.length < HEADER_BYTES || held.toString("latin1", 0, 4) !== "OggS") return;
    const bytes = HEADER_BYTES + held.readUInt8(AT.segments) + bodyBytes(held);
    if (bytes > held.length) return;
    yield held.subarray(0, bytes);
    held = held.subarray(bytes);
  }
}

function bodyBytes(page: Buffer): number {
  return lacing(page).reduce((sum, length) => sum + length, 0);
}

function lacing(page: Buffer): Uint8Array {
  return page.subarray(HEADER_BYTES, HEADER_BYTES + page.readUInt8(AT.segments));
}

/** The packets after the first one; audio begins on a page of its own behind them. */
async function headerPackets(pages: AsyncGenerator<Buffer, undefined>, count: number): Promise<Buffer[]> {
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  while (packets.length < count) {
    const { value: page } = await pages.next();
    if (page === undefined) throw notOgg();
    let offset = HEADER_BYTES + page.readUInt8(AT.segments);
    for (const length of lacing(page)) {
      parts.push(page.subarray(offset, offset + length));
      offset += length;
      if (length === LONGEST_SEGMENT) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
  }
  return packets;
}

/** Pages of header packets, of position 0 (or none where no packet ends); not yet numbered. */
function* paginate(packets: readonly Buffer[], serial: number): Generator<Buffer> {
  const segments = packets.flatMap(segmentsOf);
  let continued = false;
  for (let start = 0; start < segments.length; start += MOST_SEGMENTS) {
    const part = segments.slice(start, start + MOST_SEGMENTS);
    const header = Buffer.alloc(HEADER_BYTES + part.length);
    header.write("OggS", "latin1");
    header.writeUInt8(continued ? CONTINUED : 0, AT.flags);
    const ends = part.some((segment) => segment.length < LONGEST_SEGMENT);
    header.writeBigInt64LE(ends ? 0n : -1n, AT.position);
    header.writeUInt32LE(serial, AT.serial);
    header.writeUInt8(part.length, AT.segments);
    header.set(
      part.map((segment) => segment.length),
      HEADER_BYTES,
    );
    continued = part.at(-1)?.length === LONGEST_SEGMENT;
    yield Buffer.concat([header, ...part]);
  }
}

/** A packet ends with a segment that is not full, if need be an empty one. */
function segmentsOf(packet: Buffer): Buffer[] {
  const segments: Buffer[] = [];
  for (let offset = 0; offset <= packet.length; offset += LONGEST_SEGMENT) {
    segments.push(packet.subarray(offset, offset + LONGEST_SEGMENT));
  }
  return segments;
}

function numbered(page: Buffer, number: number): Buffer {
  page.writeUInt32LE(number, AT.number);
  page.writeUInt32LE(0, AT.checksum);
  page.writeUInt32LE(checksum(page), AT.checksum);
  return page;
}

const POLYNOMIAL = 0x04c11db7;
const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? POLYNOMIAL : 0);
  return value;
});

/** CRC-32 without reflection, beginning at 0 (RFC 3533, section 6). */
function checksum(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = (value << 8) ^ (CHECKSUMS[(value >>> 24) ^ byte] ?? 0);
  return value >>> 0;
}

function notOgg(): AppError {
  return new AppError("internal", "The file to tag does not begin as an Ogg Vorbis or Opus stream.");
}
