/** Vorbis comments and the pictures beside them: of FLAC, Ogg Vorbis and Opus. */
import { chapterComments } from "./chapters.ts";
import type { CoverPicture, RecordingTags } from "./recording-tags.ts";

const VENDOR = "Hark";

/**
 * The comment block without framing, one comment a value; `withPictures` adds each picture as METADATA_BLOCK_PICTURE.
 * Characters that a name must not have become `_`. xiph.org, "Ogg Vorbis I format specification", section 5.
 */
export function vorbisComment(tags: RecordingTags, withPictures: boolean): Buffer {
  const comments = Array.from(tags.fields).flatMap(([name, values]) => {
    const key = name.replaceAll(/[^ -<>-}]/g, "_");
    return values.map((value) => `${key}=${value}`);
  });
  for (const [name, value] of chapterComments(tags.chapters)) comments.push(`${name}=${value}`);
  if (withPictures) {
    for (const picture of tags.pictures) {
      comments.push(`METADATA_BLOCK_PICTURE=${pictureBlock(picture).toString("base64")}`);
    }
  }
  return Buffer.concat([sized(VENDOR), uint32(comments.length), ...comments.map(sized)]);
}

/**
 * A picture as FLAC writes it. Its width and height are not looked up: zeros, as the format allows. xiph.org, "FLAC format",
 * METADATA_BLOCK_PICTURE.
 */
export function pictureBlock({ mimeType, kind, description, bytes }: CoverPicture): Buffer {
  const texts = [Buffer.from(mimeType, "latin1"), Buffer.from(description, "utf8")];
  const head = texts.flatMap((text) => [uint32(text.length, true), text]);
  return Buffer.concat([uint32(kind, true), ...head, Buffer.alloc(16), uint32(bytes.length, true), bytes]);
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number, bigEndian = false): Buffer {
  const bytes = Buffer.alloc(4);
  if (bigEndian) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
}
