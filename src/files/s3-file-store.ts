/** The file store in an S3-compatible object store: one object a file, named by its hash. */
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type FileStore, isSha256 } from "./file-store.ts";
import { receiveFile } from "./receive-file.ts";
import { missingFile, storageFailure } from "./storage-failure.ts";

const PLACE = "the object store that HARK_STORE names";

/** An object this old is written again when it is put, so that `list` shows it as new. */
const REFRESH_MS = 30 * 60_000;

export interface S3Location {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** Null for Amazon's own. */
  readonly endpoint: string | null;
  readonly region: string;
}

/** A store in a bucket that exists. Keys come from where the AWS SDK looks for them (environment, profile, instance). */
export function s3FileStore({ bucket, prefix, endpoint, region }: S3Location): FileStore {
  const client = new S3Client({
    region,
    // Compatible servers know buckets by path, and not all of them the checksums that the SDK adds by default.
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const objectOf = (sha256: string) => ({ Bucket: bucket, Key: prefix + sha256 });
  const head = async (sha256: string) => {
    if (!isSha256(sha256)) return null;
    return client.send(new HeadObjectCommand(objectOf(sha256))).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw storageFailure(error, PLACE);
    });
  };
  return {
    isShared: true,

    async put(source, signal) {
      const folder = await mkdtemp(join(tmpdir(), "hark-upload-"));
      try {
        // A copy on the disk first: the object's name is the hash of all bytes, and S3 wants their number.
        const copy = join(folder, "file");
        const stored = await receiveFile(source, copy, signal);
        const there = await head(stored.sha256);
        if (Date.now() - (there?.LastModified?.getTime() ?? 0) < REFRESH_MS) return stored;
        const body = { Body: createReadStream(copy), ContentLength: stored.sizeBytes };
        await client.send(new PutObjectCommand({ ...objectOf(stored.sha256), ...body }), { abortSignal: signal });
        return stored;
      } catch (error) {
        throw storageFailure(error, PLACE);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },

    async openRead(sha256, range) {
      if (!isSha256(sha256)) throw missingFile();
      const part = range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` };
      const answer = await client
        .send(new GetObjectCommand({ ...objectOf(sha256), ...part }))
        .catch((error: unknown) => {
          throw isMissing(error) ? missingFile(error) : storageFailure(error, PLACE);
        });
      if (!(answer.Body instanceof Readable)) throw missingFile();
      return answer.Body;
    },

    size: async (sha256) => (await head(sha256))?.ContentLength ?? null,

    async remove(sha256) {
      if (!isSha256(sha256)) return;
      await client.send(new DeleteObjectCommand(objectOf(sha256))).catch((error: unknown) => {
        if (!isMissing(error)) throw storageFailure(error, PLACE);
      });
    },

    async *list() {
      let after: string | undefined;
      do {
        const request = {
          Bucket: bucket,
          Prefix: prefix,
          ...(after === undefined ? {} : { ContinuationToken: after }),
        };
        const page = await client.send(new ListObjectsV2Command(request)).catch((error: unknown) => {
          throw storageFailure(error, PLACE);
        });
        for (const { Key = "", Size = 0, LastModified } of page.Contents ?? []) {
          const sha256 = Key.slice(prefix.length);
          if (isSha256(sha256)) yield { sha256, sizeBytes: Size, storedAt: LastModified ?? new Date() };
        }
        after = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (after !== undefined);
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && ["NotFound", "NoSuchKey"].includes(error.name);
}
