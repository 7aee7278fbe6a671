/** Files on their way into an object store: whole, or in parts, each of which can be sent again. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { AppError } from "../errors.ts";
import type { StoredFile } from "./file-store.ts";

/** S3 takes no more. */
const MOST_PARTS = 10_000;

interface ObjectName {
  readonly Bucket: string;
  readonly Key: string;
}

interface LocalFile extends StoredFile {
  readonly path: string;
}

/** Reads a file once. @throws what the disk does, AbortError. */
export async function hashOfFile(path: string, signal: AbortSignal): Promise<StoredFile> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { signal })) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}

/**
 * Sends a file, in parts where it is larger than one; memory is that of a part. Nothing stays in the store of an upload that fails or is
 * aborted. @throws what the SDK and the disk do; AppError unavailable when the file has changed since it was hashed.
 */
export async function uploadFile(
  client: S3Client,
  object: ObjectName,
  { path, sizeBytes, sha256 }: LocalFile,
  partBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, "r");
  const content = new CheckedContent(file, sha256);
  try {
    if (sizeBytes > partBytes) {
      await uploadParts(client, object, content, Math.max(partBytes, Math.ceil(sizeBytes / MOST_PARTS)), signal);
      return;
    }
    const Body = await content.next(sizeBytes);
    content.confirm();
    await client.send(new PutObjectCommand({ ...object, Body }), { abortSignal: signal });
  } finally {
    await file.close();
  }
}

async function uploadParts(
  client: S3Client,
  object: ObjectName,
  content: CheckedContent,
  partBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object), { abortSignal: signal });
  const upload = { ...object, UploadId };
  try {
    const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let Body = await content.next(partBytes); Body.length > 0; Body = await content.next(partBytes)) {
      const PartNumber = Parts.length + 1;
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }), {
        abortSignal: signal,
      });
      Parts.push({ PartNumber, ETag });
    }
    content.confirm();
    const MultipartUpload = { Parts };
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }), { abortSignal: signal });
  } catch (error) {
    // Parts of an upload that is never completed cost money and are in no listing.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
    throw error;
  }
}

/** A file's bytes in order, and whether they are still those that were hashed. */
class CheckedContent {
  readonly #file: FileHandle;
  readonly #sha256: string;
  readonly #hash: Hash = createHash("sha256");

  constructor(file: FileHandle, sha256: string) {
    this.#file = file;
    this.#sha256 = sha256;
  }

  /** At most so many bytes; fewer at the end. */
  async next(mostBytes: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(mostBytes);
    let filled = 0;
    while (filled < mostBytes) {
      const { bytesRead } = await this.#file.read(bytes, filled, mostBytes - filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    const part = bytes.subarray(0, filled);
    this.#hash.update(part);
    return part;
  }

  confirm(): void {
    if (this.#hash.digest("hex") === this.#sha256) return;
    throw new AppError("unavailable", "The file was changed while it was being stored. Try again once it is in place.");
  }
}
