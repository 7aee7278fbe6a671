/** What has arrived of a file: its bytes so far, and which version of it they belong to. */
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { AppError } from "../errors.ts";

/** Of the version that was begun. */
interface Begun {
  readonly sha256: string;
  readonly address: string;
  readonly etag: string | null;
}

/** Errors of the system that mean: there is no room. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export interface PartialFile {
  readonly path: string;
  /** How many bytes there are of the file with this hash; those of another are discarded. */
  size(sha256: string): Promise<number>;
  /** The ETag under which they came from this address, if it was given. */
  etagFrom(address: string): Promise<string | null>;
  /** Opens it for writing from a byte on; from 0 it is begun anew. */
  openAt(start: number, begun: Begun): Promise<FileHandle>;
  discard(): Promise<void>;
  /** Gives it its name at last. */
  finish(destination: string): Promise<void>;
}

/** Beside its destination, so that its last step is a rename. */
export function partialFile(destination: string): PartialFile {
  const path = `${destination}.partial`;
  const notes = `${path}.json`;
  const discard = async () => {
    await Promise.all([rm(path, { force: true }), rm(notes, { force: true })]);
  };
  return {
    path,
    discard,
    async size(sha256) {
      if ((await readNotes(notes))?.sha256 !== sha256) await discard();
      return stat(path).then(
        ({ size }) => size,
        () => 0,
      );
    },
    async etagFrom(address) {
      const begun = await readNotes(notes);
      return begun?.address === address ? begun.etag : null;
    },
    openAt: (start, begun) =>
      written(async () => {
        if (start === 0) await writeFile(notes, JSON.stringify(begun), { mode: 0o600 });
        return open(path, start === 0 ? "w" : "r+");
      }),
    finish: (to) =>
      written(async () => {
        await rename(path, to);
        await rm(notes, { force: true });
      }),
  };
}

/** Writes, and says what is wrong with the folder where that fails. @throws AppError unavailable, internal. */
export async function written<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (FULL.has(code)) throw noSpace(cause);
    const message = `The folder of the models cannot be written to (${code}). Check HARK_MODELS_DIR and who may write there.`;
    throw new AppError("unavailable", message, { cause });
  }
}

function noSpace(cause: unknown): AppError {
  const message =
    "The disk that holds the models is full. What has arrived is kept: make room, or set HARK_MODELS_DIR, and pull again.";
  return new AppError("unavailable", message, { cause });
}

async function readNotes(path: string): Promise<Begun | null> {
  const text = await readFile(path, "utf8").catch(() => "null");
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return null;
    const { sha256, address, etag } = parsed as Record<string, unknown>;
    if (typeof sha256 !== "string" || typeof address !== "string") return null;
    return { sha256, address, etag: typeof etag === "string" ? etag : null };
  } catch {
    return null;
  }
}
