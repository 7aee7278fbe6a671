/** Reading an opened file by position, so that its cursor neither matters nor moves. */
import { closeSync, fstatSync, openSync, read } from "node:fs";
import { promisify } from "node:util";
import { AppError } from "../errors.ts";
import type { AudioSource } from "./decoder.ts";

const readAsync = promisify(read);

/** Up to `length` bytes from `position`; fewer only at the end of the file. A new buffer each time. */
export async function readAt(fd: number, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await readAsync(fd, bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** The bytes from `start` up to, not including, `end` or the end of the file, in chunks. @throws the signal's reason. */
export async function* readChunks(
  fd: number,
  start: number,
  end: number,
  chunkBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let position = start; position < end; ) {
    signal.throwIfAborted();
    const chunk = await readAt(fd, position, Math.min(chunkBytes, end - position));
    if (chunk.length === 0) return;
    yield chunk;
    position += chunk.length;
  }
}

/**
 * A second descriptor of the same file, with a cursor of its own at the beginning; the caller closes it.
 * @throws AppError invalid_input when the source's path no longer leads to the file that was opened.
 */
export function reopen(source: AudioSource): number {
  const fd = openPath(source.path);
  const [opened, reopened] = [fstatSync(source.fd), fstatSync(fd)];
  if (opened.dev === reopened.dev && opened.ino === reopened.ino) return fd;
  closeSync(fd);
  throw replacedError();
}

function openPath(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw replacedError({ cause });
  }
}

function replacedError(options?: ErrorOptions): AppError {
  const message = "The file was moved or replaced while it was being read. Try again once it is in place.";
  return new AppError("invalid_input", message, options);
}
