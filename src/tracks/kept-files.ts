/** Where Hark keeps bytes that came without a file: in a folder for each owner, so that removing one's copy leaves another's. */
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { LOCAL_CALLER } from "../caller.ts";
import { isInside, type KeptFiles } from "./allowed-roots.ts";

/** The folder of an owner. An owner's name may hold anything, so the folder is named by its hash. */
export function ownFolder(filesFolder: string, owner: string): string {
  return join(filesFolder, createHash("sha256").update(owner).digest("hex").slice(0, 32));
}

/**
 * What of the kept files an owner may open. `path` is where a track of the owner lies, if it is one: before there were owners, the bytes of
 * this machine's user were kept in the folder itself.
 */
export function keptFilesOf(filesFolder: string, owner: string, path: string | null = null): KeptFiles {
  const old = path !== null && owner === LOCAL_CALLER.owner ? [join(filesFolder, basename(path))] : [];
  return { folder: filesFolder, own: [ownFolder(filesFolder, owner), ...old] };
}

/** Whether a track's path is that of bytes that were kept for its owner, and not of a file of the owner's own. */
export async function isKept(filesFolder: string, owner: string, path: string): Promise<boolean> {
  const { own } = keptFilesOf(filesFolder, owner, path);
  const real = await realpath(filesFolder).catch(() => filesFolder);
  return own.some((place) => isInside(path, place) || isInside(path, join(real, relative(filesFolder, place))));
}
