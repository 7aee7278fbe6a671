/** Tags of FLAC files. */
import { AppError } from "../errors.ts";
import type { RecordingTags } from "./recording-tags.ts";
import { pictureBlock, vorbisComment } from "./vorbis-comment.ts";

const BLOCK = { padding: 1, vorbisComment: 4, picture: 6 };
const LAST = 0x80;
/** Room for an editor of tags, so that it need not write the whole file again. */
const PADDING_BYTES = 4096;

/**
 * The metadata blocks of a FLAC file with tags and pictures in place of those it has, and how many bytes they replace.
 * xiph.org, "FLAC format". @throws AppError internal when the bytes do not begin a FLAC file.
 */
export function flacHead(bytes: Buffer, tags: RecordingTags): { readonly head: Buffer; readonly replaces: number } {
  if (bytes.toString("latin1", 0, 4) !== "fLaC") throw new AppError("internal", "The file to tag is no FLAC file.");
  const kept: Buffer[] = [];
  let offset = 4;
  for (let isLast = false; !isLast; ) {
    if (offset + 4 > bytes.length) throw new AppError("internal", "The blocks of the FLAC file to tag do not end.");
    const first = bytes.readUInt8(offset);
    const end = offset + 4 + bytes.readUIntBE(offset + 1, 3);
    const type = first & ~LAST;
    isLast = (first & LAST) !== 0;
    if (!Object.values(BLOCK).includes(type)) kept.push(block(type, bytes.subarray(offset + 4, end)));
    offset = end;
  }
  const padding = block(BLOCK.padding, Buffer.alloc(PADDING_BYTES), true);
  const pictures = tags.pictures.map((picture) => block(BLOCK.picture, pictureBlock(picture)));
  const comment = block(BLOCK.vorbisComment, vorbisComment(tags, false));
  return { head: Buffer.concat([Buffer.from("fLaC"), ...kept, comment, ...pictures, padding]), replaces: offset };
}

function block(type: number, body: Buffer, isLast = false): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(type | (isLast ? LAST : 0));
  header.writeUIntBE(body.length, 1, 3);
  return Buffer.concat([header, body]);
}
