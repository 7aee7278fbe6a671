/** The recordings in a folder that may be read. */
import { readdir, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { hasAudioName } from "../audio/audio-file-name.ts";
import { AppError } from "../errors.ts";
import { isInside } from "./allowed-roots.ts";

export interface AudioFolder {
  /** The real path. */
  readonly path: string;
  /** Relative to it, the parts of each path; in the order of their names. */
  readonly files: readonly (readonly string[])[];
  /** Files that are no audio, by their names; hidden ones do not count. */
  readonly passedOver: number;
}

export interface FolderSearch {
  readonly roots: readonly string[];
  /** Whether folders in the folder count. */
  readonly recursive: boolean;
  /** A real path that is left out, with all that is in it. */
  readonly except: string;
  readonly mostFiles: number;
}

/**
 * Links to files count, links to folders and hidden files do not; folders that may not be read are passed over.
 * @throws AppError forbidden outside of the roots, not_found, invalid_input for what is no folder, or holds too many files or none.
 */
export async function audioFolder(folder: string, search: FolderSearch): Promise<AudioFolder> {
  if (folder.includes("\0")) throw new AppError("invalid_input", "folder contains a null byte. Give a folder's path.");
  const requested = resolve(/^~[\\/]/.test(folder) ? join(homedir(), folder.slice(2)) : folder);
  const realRoots = await Promise.all(search.roots.map((root) => realpath(root).catch(() => root)));
  const isAllowed = (path: string) => realRoots.some((root) => isInside(path, root));
  // Asked first, so that nothing is told of what lies elsewhere.
  if (![...search.roots, ...realRoots].some((root) => isInside(requested, root))) throw outside();
  const path = await realpath(requested).catch((cause) => {
    throw new AppError("not_found", "There is no such folder. Check its spelling.", { cause });
  });
  if (!isAllowed(path)) throw outside();
  if (!(await stat(path)).isDirectory()) {
    throw new AppError("invalid_input", "folder is not a folder. Give a folder's path, or the file as track_id.");
  }
  const found = { files: [] as string[][], passedOver: 0 };
  await collect(path, [], search, found);
  if (found.files.length > 0) return { path, ...found };
  const hint = search.recursive ? "" : " Ask for recursive to look into its folders.";
  throw new AppError("not_found", `The folder holds no audio files, and ${found.passedOver} others.${hint}`);
}

async function collect(
  folder: string,
  parts: readonly string[],
  search: FolderSearch,
  found: { files: string[][]; passedOver: number },
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES" || error.code === "EPERM") return [];
    throw error;
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (search.recursive && path !== search.except) await collect(path, [...parts, entry.name], search, found);
    } else if (hasAudioName(entry.name) && (await isFile(path))) found.files.push([...parts, entry.name]);
    else found.passedOver++;
    if (found.files.length <= search.mostFiles) continue;
    const message = `The folder holds more than ${search.mostFiles} audio files. Do its folders one after the other.`;
    throw new AppError("invalid_input", message);
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

function outside(): AppError {
  const message =
    "folder is outside of the folders that Hark may read. Give a folder inside one of them, or add it to HARK_ROOTS; the doctor tool lists them.";
  return new AppError("forbidden", message);
}
