/** The file store in an S3-compatible object store: one object a file, named by its hash. */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
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
import { type FileStore, isSha256, type PutFile } from "./file-store.ts";
import { receiveFile } from "./receive-file.ts";
import { removeOld } from "./remove-old.ts";
import { removeUploads } from "./s3-unfinished.ts";
import { hashOfFile, uploadFile } from "./s3-upload.ts";
import { isDiskFull, missingFile, storageFailure } from "./storage-failure.ts";
import { bucketState } from "./store-state.ts";

const PLACE = "the object store that HARK_STORE names";

/** S3 takes parts of 5 MiB and more, and at most 5 GB at once. */
const PART_BYTES = 16 * 2 ** 20;

/** An object this old is written again when it is put, so that `list` shows it as new. */
const REFRESH_MS = 30 * 60_000;

/** Whoever asks whether a server is ready asks every few seconds. */
const TRIAL_HOLDS_MS = 60_000;

export interface S3Location {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** Null for Amazon's own. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Where streams wait for their upload. */
  readonly folder: string;
  /** Larger files go up in parts of this size or more. */
  readonly partBytes?: number;
}

/** A store in a bucket that exists. Keys come from where the AWS SDK looks for them (environment, profile, instance). */
export function s3FileStore({
  bucket,
  prefix,
  endpoint,
  region,
  folder,
  partBytes = PART_BYTES,
}: S3Location): FileStore {
  const client = new S3Client({
    region,
    // Compatible servers know buckets by path, and not all of them the checksums that the SDK adds by default.
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  let triedAt = Number.NEGATIVE_INFINITY;
  const objectOf = (sha256: string) => ({ Bucket: bucket, Key: prefix + sha256 });
  const head = async (sha256: string) => {
    if (!isSha256(sha256)) return null;
    return client.send(new HeadObjectCommand(objectOf(sha256))).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw storageFailure(error, PLACE);
    });
  };
  const putPath = async (path: string, signal: AbortSignal): Promise<PutFile> => {
    // Read twice: the object's name is the hash of all bytes.
    const stored = await hashOfFile(path, signal);
    const there = await head(stored.sha256);
    const isNew = there === null;
    if (Date.now() - (there?.LastModified?.getTime() ?? 0) < REFRESH_MS) return { ...stored, isNew };
    await uploadFile(client, objectOf(stored.sha256), { path, ...stored }, partBytes, signal);
    return { ...stored, isNew };
  };
  const putStream = async (stream: Readable, signal: AbortSignal): Promise<PutFile> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const incoming = await mkdtemp(join(folder, "upload-"));
    try {
      const copy = join(incoming, "file");
      await receiveFile(stream, copy, signal);
      return await putPath(copy, signal);
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
  };
  return {
    isShared: true,

    async put(source, signal) {
      try {
        return typeof source === "string" ? await putPath(source, signal) : await putStream(source, signal);
      } catch (error) {
        throw storageFailure(error, isDiskFull(error) ? "the disk with Hark's data folder" : PLACE);
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

    async removeUnfinished(before, dryRun) {
      const copies = await removeOld(folder, before, dryRun);
      try {
        const uploads = await removeUploads(client, { Bucket: bucket, Prefix: prefix }, before, dryRun);
        return uploads === null ? null : copies + uploads;
      } catch (error) {
        throw storageFailure(error, PLACE);
      }
    },

    async state() {
      if (performance.now() - triedAt < TRIAL_HOLDS_MS) return bucketState(bucket, null);
      const trial = { Bucket: bucket, Key: `${prefix}write-test-${randomUUID()}` };
      try {
        await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }));
        await client.send(new PutObjectCommand({ ...trial, Body: Buffer.from("write test") }));
        await client.send(new DeleteObjectCommand(trial));
        triedAt = performance.now();
        return bucketState(bucket, null);
      } catch (error) {
        return bucketState(bucket, error);
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && ["NotFound", "NoSuchKey"].includes(error.name);
}
