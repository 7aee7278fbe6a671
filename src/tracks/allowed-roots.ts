/**
 * The one way to open a user's file. A path is followed to its real place, that place must lie inside an allowed folder,
 * and after opening, the descriptor itself is checked to be that very file: a link swapped in between is refused.
 */
import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../errors.ts";

/** As the system itself follows at most (Linux, MAXSYMLINKS). */
const MOST_LINKS = 40;

/** Closed by `await using`. */
export interface OpenedFile extends AsyncDisposable {
  readonly handle: FileHandle;
  /** The real path, without links. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Changes whenever the file's bytes may have: size, times of last change, and identity. */
  readonly stamp: string;
}

/** The files that Hark keeps itself: nobody opens them by being allowed to read a folder around them. */
export interface KeptFiles {
  readonly folder: string;
  /** Files and folders in it that may be opened. */
  readonly own: readonly string[];
}

/**
 * Opens a regular file inside one of the folders, for reading. Relative paths start at the current folder, `~/` at the home folder; `file:` URLs
 * without a host are taken as paths. The caller disposes of the result.
 * @throws AppError invalid_input for what is no path (null bytes, other URLs, a folder), forbidden outside of the folders
 *   (whether or not something is there), not_found.
 */
export async function openInsideRoots(
  reference: string,
  roots: readonly string[],
  kept: KeptFiles | null = null,
): Promise<OpenedFile> {
  const requested = resolve(toPath(reference));
  const isAllowed = await pathRules(roots, kept);
  if (!isAllowed.asked(requested)) throw outside();
  const path = await realpath(requested).catch(async (cause) => {
    throw isAllowed.real(await placeOf(requested)) ? fileError(cause) : outside();
  });
  if (!isAllowed.real(path)) throw outside();
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)).catch(
    (cause) => {
      throw fileError(cause);
    },
  );
  try {
    return {
      handle,
      path,
      ...(await checkOpened(handle, path, isAllowed.real)),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Where a path leads that leads to nothing: a link out of the folders must not tell what there is behind it. */
async function placeOf(path: string, links = MOST_LINKS): Promise<string> {
  const folder = dirname(path);
  if (folder === path) return path;
  const realFolder = await realpath(folder).catch(() => placeOf(folder, links));
  const place = join(realFolder, basename(path));
  const target = links === 0 ? null : await readlink(place).catch(() => null);
  return target === null ? place : placeOf(resolve(realFolder, target), links - 1);
}

type PathRule = (path: string) => boolean;

/** Whether a path as it was asked for, and whether a real path, is in a root and not among files that Hark keeps for others. */
async function pathRules(
  roots: readonly string[],
  kept: KeptFiles | null,
): Promise<Record<"asked" | "real", PathRule>> {
  const closed = kept === null ? [] : [kept.folder];
  const own = kept?.own ?? [];
  const [realRoots, realClosed, realOwn] = await Promise.all([roots, closed, own].map(existingRealPaths));
  return {
    asked: pathRule([...roots, ...(realRoots ?? [])], [...closed, ...(realClosed ?? [])], [...own, ...(realOwn ?? [])]),
    real: pathRule(realRoots ?? [], realClosed ?? [], realOwn ?? []),
  };
}

function pathRule(roots: readonly string[], closed: readonly string[], own: readonly string[]): PathRule {
  const isIn = (path: string, folders: readonly string[]) => folders.some((folder) => isInside(path, folder));
  return (path) => isIn(path, own) || (isIn(path, roots) && !isIn(path, closed));
}

/** Whether a path is the folder itself or below it, by whole names: /music2 is not inside /music. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function toPath(reference: string): string {
  if (reference.includes("\0"))
    throw new AppError("invalid_input", "The path contains a null byte. Give a plain file path.");
  if (reference.trim() === "")
    throw new AppError("invalid_input", "The path is empty. Give a track id or a file path.");
  if (/^~[\\/]/.test(reference)) return join(homedir(), reference.slice(2));
  if (!/^([a-z][a-z0-9+.-]*:\/\/|(file|data|blob|mailto):)/i.test(reference)) return reference;
  if (!/^file:\/\/\//i.test(reference)) {
    throw new AppError("invalid_input", "Hark reads local files only, not URLs. Download the file and give its path.");
  }
  try {
    return fileURLToPath(reference);
  } catch (cause) {
    throw new AppError("invalid_input", "The file: URL is not valid. Give a plain file path.", { cause });
  }
}

async function existingRealPaths(roots: readonly string[]): Promise<string[]> {
  const real = await Promise.all(roots.map((root) => realpath(root).catch(() => null)));
  return real.filter((root) => root !== null);
}

async function checkOpened(
  handle: FileHandle,
  path: string,
  isAllowed: PathRule,
): Promise<Pick<OpenedFile, "sizeBytes" | "stamp">> {
  const opened = await handle.stat({ bigint: true });
  if (!opened.isFile())
    throw new AppError("invalid_input", "This is not a regular file. Give the path of an audio file.");
  const openedPath = process.platform === "linux" ? await readlink(`/proc/self/fd/${handle.fd}`) : await realpath(path);
  const there = await stat(openedPath, { bigint: true }).catch(() => null);
  if (!isAllowed(openedPath) || there?.ino !== opened.ino || there.dev !== opened.dev) {
    throw outside();
  }
  const stamp = [opened.size, opened.mtimeNs, opened.ctimeNs, opened.dev, opened.ino].join("-");
  return { sizeBytes: Number(opened.size), stamp };
}

function outside(): AppError {
  return new AppError(
    "forbidden",
    "This path is outside of the folders that Hark may read. Move the file into one of them, or add its folder to HARK_ROOTS; the doctor tool lists them.",
  );
}

function fileError(cause: unknown): AppError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new AppError(
      "not_found",
      "There is no file at this path. Check its spelling, or list known tracks with list_tracks.",
      { cause },
    );
  }
  if (code === "EACCES" || code === "EPERM") {
    return new AppError("forbidden", "Hark has no permission to read this file. Change its permissions or copy it.", {
      cause,
    });
  }
  if (code === "ELOOP") return outside();
  if (code === "ENAMETOOLONG") return new AppError("invalid_input", "The path is too long for this system.", { cause });
  return new AppError("invalid_input", "The file could not be opened. Check that it is a readable, regular file.", {
    cause,
  });
}
