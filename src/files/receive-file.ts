/** Bytes on their way to the disk. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { StoredFile } from "./file-store.ts";

/** Writes a stream, or a copy of a file, to a new file; it is on the disk when this resolves. @throws what the disk does. */
export async function receiveFile(source: string | Readable, path: string, signal: AbortSignal): Promise<StoredFile> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  const input = typeof source === "string" ? createReadStream(source) : source;
  await pipeline(input, count, createWriteStream(path, { mode: 0o600, flags: "wx", flush: true }), { signal });
  return { sha256: hash.digest("hex"), sizeBytes };
}
