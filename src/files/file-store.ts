/** The contract of the file store: bytes under the hash of their content. The same bytes are stored once. */
import type { Readable } from "node:stream";
import type { StoreState } from "./store-state.ts";

export interface StoredFile {
  /** SHA-256 of the bytes, in hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface PutFile extends StoredFile {
  /** False when the store held these bytes already. */
  readonly isNew: boolean;
}

/** From the first byte to the last, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface FileStore {
  /** Whether other machines see the same files. */
  readonly isShared: boolean;
  /**
   * Stores a file, by its path or as a stream. What is there already counts as new again for `list`.
   * @throws AppError unavailable when the disk is full or the store does not answer; cancelled; not_found for a path without a file.
   */
  put(source: string | Readable, signal: AbortSignal): Promise<PutFile>;
  /** The bytes, or a range of them. @throws AppError not_found. */
  openRead(sha256: string, range?: ByteRange): Promise<Readable>;
  /** The size, or null for what is not there. */
  size(sha256: string): Promise<number | null>;
  /** Does nothing for what is not there. */
  remove(sha256: string): Promise<void>;
  list(): AsyncIterable<StoredFile & { readonly storedAt: Date }>;
  /**
   * Finds what was begun before then and never finished, because somebody was killed in the middle: it is in no listing, and takes room.
   * Removes it unless told to count only. Null where the store cannot say.
   */
  removeUnfinished(before: Date, dryRun: boolean): Promise<number | null>;
  /** Tries what jobs need of it, and leaves nothing. Never throws. */
  state(): Promise<StoreState>;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** Whether a text is a hash as the store writes it, and so safe in a path. */
export function isSha256(text: string): boolean {
  return SHA256.test(text);
}
