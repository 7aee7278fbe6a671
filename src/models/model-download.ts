/** Gets one file of a model: resumed where it was cut, never larger than it may be, and in its place only when its hash is right. */

import { type FileHandle, mkdir, statfs } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../errors.ts";
import { sha256OfFile } from "./file-hashes.ts";
import { withFileLock } from "./file-lock.ts";
import { addressOf, type Environment, requestFile } from "./model-request.ts";
import { type PartialFile, partialFile, written } from "./partial-file.ts";

/** Waits before the tries after the first; a try that brought at least PROGRESS_BYTES does not count. */
const RETRY_DELAYS_MS: readonly number[] = [500, 1_000, 2_000, 4_000];
const PROGRESS_BYTES = 2 ** 20;
const IDLE_MS = 30_000;
/** Of responses: what may be different the next time. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface WantedFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly destination: string;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** HF_ENDPOINT and the variables of proxies. */
  readonly environment: Environment;
  /** Bytes of the file that are there. */
  readonly onProgress?: (bytes: number) => void;
  readonly retryDelaysMs?: readonly number[];
  readonly idleMs?: number;
}

/** The connection failed, or the server for now: worth another try, which goes on where this one ended. */
class Interrupted extends Error {}

/**
 * Downloads a file, unless it is there already. Several processes that want the same one wait for each other. What has arrived
 * survives a cancelled or failed download, and the next one goes on from there, if the server still has the same version.
 * @throws AppError: upstream when the server fails or its bytes are not the manifest's, unavailable when there is no room,
 * cancelled.
 */
export async function downloadFile(file: WantedFile, options: DownloadOptions): Promise<void> {
  if (options.signal.aborted) throw cancelled(options.signal.reason);
  await written(() => mkdir(dirname(file.destination), { recursive: true }));
  const partial = partialFile(file.destination);
  const lock = { signal: options.signal };
  await withFileLock(`${file.destination}.lock`, lock, async () => {
    if ((await sha256OfFile(file.destination)) === file.sha256) return;
    await requireRoom(file, await partial.size(file.sha256));
    const wasResumed = (await partial.size(file.sha256)) > 0;
    await transferAll(file, partial, options);
    if ((await sha256OfFile(partial.path)) === file.sha256) return partial.finish(file.destination);
    await partial.discard();
    if (!wasResumed) throw corrupted(file);
    // Its beginning may have been of another version, which a server without ETags does not say.
    await transferAll(file, partial, options);
    if ((await sha256OfFile(partial.path)) === file.sha256) return partial.finish(file.destination);
    await partial.discard();
    throw corrupted(file);
  });
  options.onProgress?.(file.bytes);
}

async function requireRoom({ bytes, name, destination }: WantedFile, present: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(destination));
  const [needed, free] = [bytes - present, bavail * bsize];
  if (needed <= free) return;
  const message =
    `There is no room for ${name}: it needs ${megabytes(needed)} and the disk that holds the models has ${megabytes(free)} left. ` +
    "Make room, or set HARK_MODELS_DIR to a folder on another disk.";
  throw new AppError("unavailable", message);
}

async function transferAll(file: WantedFile, partial: PartialFile, options: DownloadOptions): Promise<void> {
  const delays = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  let failures = 0;
  for (;;) {
    const before = await partial.size(file.sha256);
    try {
      return await transfer(file, partial, options);
    } catch (error) {
      if (options.signal.aborted) throw cancelled(error);
      if (!(error instanceof Interrupted)) throw error;
      const gained = (await partial.size(file.sha256)) - before;
      failures = gained >= PROGRESS_BYTES ? 1 : failures + 1;
      const delayMs = delays[failures - 1];
      if (delayMs === undefined) throw unreachable(file, error);
      await sleep(delayMs, undefined, { signal: options.signal }).catch((cause) => {
        throw cancelled(cause);
      });
    }
  }
}

/** One try, from where the last one ended. */
async function transfer(file: WantedFile, partial: PartialFile, options: DownloadOptions): Promise<void> {
  const address = addressOf(file.url, options.environment);
  const present = await partial.size(file.sha256);
  if (present === file.bytes) return;
  if (present > file.bytes) await partial.discard();
  const start = present > file.bytes ? 0 : present;
  const etag = start > 0 ? await partial.etagFrom(address.href) : null;
  const { response, release } = await requestFile(address, {
    headers: rangeHeaders(start, etag),
    signal: options.signal,
    environment: options.environment,
    idleMs: options.idleMs ?? IDLE_MS,
  }).catch((error: unknown) => {
    throw error instanceof AppError ? error : new Interrupted("no connection", { cause: error });
  });
  try {
    const from = startOf(response, start, etag, file);
    if (from === null) {
      await partial.discard();
      return await transfer(file, partial, options);
    }
    await receive(response, from, { file, partial, address: address.href, onProgress: options.onProgress });
  } finally {
    response.destroy();
    release();
  }
}

function rangeHeaders(start: number, etag: string | null): Record<string, string> {
  const plain = { "accept-encoding": "identity", "user-agent": "hark" };
  if (start === 0) return plain;
  // A weak ETag promises too little for If-Range.
  const condition = etag?.startsWith('"') === true ? { "if-range": etag } : {};
  return { ...plain, range: `bytes=${start}-`, ...condition };
}

/** The byte that the response begins with; null when what has arrived belongs to another version of the file. */
function startOf(response: IncomingMessage, wanted: number, etag: string | null, file: WantedFile): number | null {
  const { statusCode: status = 0, headers } = response;
  if (PASSING.has(status)) throw new Interrupted(`status ${status}`);
  if (status === 416 && wanted > 0) return null;
  if (status === 206 && wanted > 0) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
    const isSame = etag === null || headers.etag === undefined || headers.etag === etag;
    return isSame && Number(first) === wanted && (total === "*" || Number(total) === file.bytes) ? wanted : null;
  }
  if (status !== 200) throw refusedBy(status, file);
  const length = headers["content-length"];
  if (length !== undefined && Number(length) !== file.bytes) throw otherSize(file, Number(length));
  return 0;
}

interface Receiver {
  readonly file: WantedFile;
  readonly partial: PartialFile;
  readonly address: string;
  readonly onProgress: ((bytes: number) => void) | undefined;
}

async function receive(
  response: IncomingMessage,
  start: number,
  { file, partial, address, onProgress }: Receiver,
): Promise<void> {
  const { etag = null } = response.headers;
  const handle = await partial.openAt(start, { sha256: file.sha256, address, etag });
  let position = start;
  try {
    for await (const chunk of chunksOf(response)) {
      if (position + chunk.length > file.bytes) {
        await partial.discard();
        throw otherSize(file, null);
      }
      await written(() => writeAll(handle, chunk, position));
      position += chunk.length;
      onProgress?.(position);
    }
    await written(() => handle.sync());
  } finally {
    await handle.close();
  }
  if (position < file.bytes) throw new Interrupted("the connection ended early");
}

/** A disk that is nearly full takes a part, and fails at the next. */
async function writeAll(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await handle.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  const iterator = response.iterator({ destroyOnReturn: true });
  for (;;) {
    const next = await iterator.next().catch((cause: unknown) => {
      throw new Interrupted("the connection broke", { cause });
    });
    if (next.done === true) return;
    if (Buffer.isBuffer(next.value)) yield next.value;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function cancelled(cause: unknown): AppError {
  return new AppError("cancelled", "The download was cancelled. What has arrived is kept; pull again to go on.", {
    cause,
  });
}

function corrupted({ name }: WantedFile): AppError {
  const message =
    `${name} arrived with another SHA-256 than its manifest says, and was deleted. It was damaged on the way or replaced at its ` +
    "source. Try again; if it stays so, do not use it.";
  return new AppError("upstream", message);
}

function otherSize({ name, bytes }: WantedFile, found: number | null): AppError {
  const size = found === null ? "more" : `${found} bytes`;
  const message = `${name} is not what its manifest says: the server sends ${size} where ${bytes} bytes are right. Nothing was kept.`;
  return new AppError("upstream", message);
}

function refusedBy(status: number, { name }: WantedFile): AppError {
  const message =
    `The model's server does not give ${name} (status ${status}). Get the file elsewhere and put it into HARK_MODELS_DIR: ` +
    "it is checked by its hash.";
  return new AppError("upstream", message);
}

function unreachable({ name }: WantedFile, cause: unknown): AppError {
  const message =
    `${name} could not be downloaded: the server cannot be reached, or the connection breaks. What has arrived is kept. Check the ` +
    "network, HTTPS_PROXY and HF_ENDPOINT, and pull again.";
  return new AppError("upstream", message, { cause });
}
