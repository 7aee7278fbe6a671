/** Puts tags and pictures into a finished file, in the words of its format. */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { flacHead } from "./flac-tags.ts";
import { id3Tag } from "./id3-tag.ts";
import { appendTagChunks } from "./iff-tags.ts";
import { replaceMovieTags } from "./mp4-tags.ts";
import { oggWithTags } from "./ogg-tags.ts";
import type { RecordingTags, WrittenTags } from "./recording-tags.ts";

/** `adts` is AAC without a container, which takes an ID3 tag in front as MP3 does. */
export type TaggedContainer = "wav" | "aiff" | "flac" | "mp3" | "adts" | "mp4" | "ogg";

/**
 * Writes the tags into a file that holds none (as FFmpeg writes it without metadata).
 * WAV, AIFF and MP4 are changed in place; of others a new file takes the old one's place. @throws what the file system throws.
 * @param durationSeconds Where the last chapter ends; null if not known.
 */
export async function writeRecordingTags(
  path: string,
  container: TaggedContainer,
  tags: RecordingTags,
  durationSeconds: number | null,
  signal: AbortSignal,
): Promise<WrittenTags> {
  const written = { pictures: tags.pictures.length, chapters: tags.chapters.length, notKept: [] };
  if (tags.fields.size + written.pictures + written.chapters === 0) return written;
  if (container === "wav" || container === "aiff") {
    await inPlace(path, (file) => appendTagChunks(file, container, tags, durationSeconds));
    return written;
  }
  if (container === "mp4") return await inPlace(path, (file) => replaceMovieTags(file, tags));
  await rewrite(path, signal, (file) => {
    if (container === "flac") return withHead(file, (bytes) => flacHead(bytes, tags), signal);
    if (container === "ogg") return oggWithTags(file, tags, signal);
    return withHead(file, () => ({ head: id3Tag(tags, durationSeconds), replaces: 0 }), signal);
  });
  return written;
}

async function inPlace<Value>(path: string, change: (file: FileHandle) => Promise<Value>): Promise<Value> {
  const file = await open(path, "r+");
  try {
    return await change(file);
  } finally {
    await file.close();
  }
}

async function rewrite(
  path: string,
  signal: AbortSignal,
  chunks: (file: FileHandle) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const target = `${path}.tagged`;
  const file = await open(path, "r");
  try {
    const output = await open(target, "wx");
    await pipeline(chunks(file), output.createWriteStream(), { signal });
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(target, path);
}

const HEAD_BYTES = 1_048_576;
const CHUNK_BYTES = 1_048_576;

/** The new head, then the file from where it goes on. */
async function* withHead(
  file: FileHandle,
  makeHead: (bytes: Buffer) => { readonly head: Buffer; readonly replaces: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const first = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(first, 0, HEAD_BYTES, 0);
  const { head, replaces } = makeHead(first.subarray(0, bytesRead));
  yield head;
  for (let position = replaces; ; ) {
    signal.throwIfAborted();
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead: count } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (count === 0) return;
    yield chunk.subarray(0, count);
    position += count;
  }
}
