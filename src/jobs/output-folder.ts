/** Outputs in a folder of the user's: never outside of the allowed folders, never over a file unless that was asked for. */
import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { access, chmod, copyFile, link, mkdir, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { AppError } from "../errors.ts";
import type { StoredFile } from "../files/file-store.ts";
import { receiveFile } from "../files/receive-file.ts";
import { storageFailure } from "../files/storage-failure.ts";
import { numberedFilename } from "../safe-filename.ts";
import { isInside } from "../tracks/allowed-roots.ts";

const MOST_NUMBERS = 1000;

/** The user's own, unlike those in the store: readable by whoever the user's settings let read new files. */
const USERS_FILE = 0o666;

/** Systems whose file systems know no second name for a file. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "EXDEV"]);

export interface PublishedFile extends StoredFile {
  readonly path: string;
  readonly filename: string;
  /** False when the same bytes were there already under that name. */
  readonly created: boolean;
}

/**
 * The real path of a folder that outputs may go to.
 * @throws AppError invalid_input for what is no folder, forbidden outside of the roots or without the right to write, not_found.
 */
export async function resolveOutputFolder(folder: string, roots: readonly string[]): Promise<string> {
  if (folder.includes("\0"))
    throw new AppError("invalid_input", "output_dir contains a null byte. Give a folder's path.");
  const requested = resolve(/^~[\\/]/.test(folder) ? join(homedir(), folder.slice(2)) : folder);
  const realRoots = (await Promise.all(roots.map((root) => realpath(root).catch(() => null)))).filter(
    (root) => root !== null,
  );
  // Asked first, so that nothing is told of what lies elsewhere.
  if (![...roots, ...realRoots].some((root) => isInside(requested, root))) throw outside();
  const path = await realpath(requested).catch((cause) => {
    throw gone(cause);
  });
  if (!realRoots.some((root) => isInside(path, root))) throw outside();
  if (!(await stat(path)).isDirectory())
    throw new AppError("invalid_input", "output_dir is not a folder. Give a folder's path.");
  await access(path, constants.W_OK | constants.X_OK).catch((cause) => {
    throw new AppError(
      "forbidden",
      "Hark may not write into output_dir. Change its permissions or give another folder.",
      { cause },
    );
  });
  return path;
}

/**
 * A folder below one that `resolveOutputFolder` gave, made where there is none; `parts` are names of existing folders elsewhere.
 * @throws AppError forbidden where a link leads out of the folder, as resolveOutputFolder does.
 */
export async function makeSubfolder(
  folder: string,
  parts: readonly string[],
  roots: readonly string[],
  onMade: (path: string) => void,
): Promise<string> {
  let path = folder;
  for (const part of parts) {
    const made = mkdir(join(path, part)).then(() => onMade(join(path, part)));
    await made.catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw storageFailure(error, "the disk with output_dir");
    });
    path = await resolveOutputFolder(join(path, part), roots);
    if (!isInside(path, folder)) throw outside();
  }
  return path;
}

/** Removes those of the folders in which there is nothing. */
export async function removeEmptyFolders(paths: Iterable<string>): Promise<void> {
  // What lies deeper has the longer path.
  for (const path of [...paths].sort((a, b) => b.length - a.length)) await rmdir(path).catch(() => {});
}

/**
 * Copies a file into a folder that `resolveOutputFolder` gave. Where the name is taken, `name (2).wav` and so on; with `overwrite`
 * it takes that name's place. @throws AppError unavailable when the folder is gone or its disk is full.
 */
export async function publishFile(
  source: string,
  folder: string,
  filename: string,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<PublishedFile> {
  const draft = join(folder, `.hark-${randomUUID()}.part`);
  try {
    const stored = await receiveFile(source, draft, signal);
    await chmod(draft, USERS_FILE & ~process.umask());
    if (!overwrite) return { ...stored, ...(await place(draft, folder, filename, stored.sizeBytes)) };
    const path = join(folder, filename);
    await rename(draft, path);
    return { ...stored, path, filename, created: true };
  } catch (error) {
    throw codeOf(error) === "ENOENT" ? gone(error) : storageFailure(error, "the disk with output_dir");
  } finally {
    await rm(draft, { force: true });
  }
}

/** Gives a file its name if that is free, else the next one that is. An equal file there is taken for an attempt's before. */
async function place(draft: string, folder: string, filename: string, sizeBytes: number) {
  for (let number = 1; number <= MOST_NUMBERS; number++) {
    const name = numberedFilename(filename, number);
    const path = join(folder, name);
    if (await placeAt(draft, path)) return { path, filename: name, created: true };
    if (await isSame(draft, path, sizeBytes)) return { path, filename: name, created: false };
  }
  const message = `output_dir has a thousand files of the name ${filename}. Give another folder, or overwrite: true.`;
  throw new AppError("invalid_input", message);
}

/** False when there is something of that name. */
async function placeAt(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path).catch((error: unknown) => {
      if (!NO_LINKS.has(codeOf(error))) throw error;
      return copyFile(draft, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function isSame(draft: string, path: string, sizeBytes: number): Promise<boolean> {
  const there = await stat(path).catch(() => null);
  if (there?.isFile() !== true || there.size !== sizeBytes) return false;
  const [ours, theirs] = await Promise.all([hashOf(draft), hashOf(path)]);
  return ours === theirs;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function outside(): AppError {
  const message =
    "output_dir is outside of the folders that Hark may use. Give a folder inside one of them, or add it to HARK_ROOTS; the doctor tool lists them.";
  return new AppError("forbidden", message);
}

function gone(cause: unknown): AppError {
  return new AppError("not_found", "output_dir does not exist (any more). Make the folder, or give another.", {
    cause,
  });
}
