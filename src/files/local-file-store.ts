/** The file store on a local disk: `<folder>/ab/abcd…`, where `ab` begins the hash. */
import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, readdir, rename, rm, stat, statfs, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FileStore, isSha256 } from "./file-store.ts";
import { receiveFile } from "./receive-file.ts";
import { removeOld } from "./remove-old.ts";
import { missingFile, storageFailure } from "./storage-failure.ts";
import { localStoreState } from "./store-state.ts";

const PLACE = "the disk with Hark's data folder";

/** Files on their way in. */
const INCOMING = "incoming";

/** A store in a folder, which is made by the first file. Nobody else may enter it. */
export function localFileStore(folder: string): FileStore {
  const pathOf = (sha256: string): string => {
    if (!isSha256(sha256)) throw missingFile();
    return join(folder, sha256.slice(0, 2), sha256);
  };
  return {
    isShared: false,

    async put(source, signal) {
      const incoming = join(folder, INCOMING, randomUUID());
      try {
        await mkdir(dirname(incoming), { recursive: true, mode: 0o700 });
        await chmod(folder, 0o700);
        const stored = await receiveFile(source, incoming, signal);
        return { ...stored, isNew: await settle(incoming, pathOf(stored.sha256)) };
      } catch (error) {
        throw storageFailure(error, PLACE);
      } finally {
        await rm(incoming, { force: true });
      }
    },

    async openRead(sha256, range) {
      // Opened before it is given, so that a missing file is an error here and not of the stream.
      const handle = await open(pathOf(sha256), "r").catch((cause) => {
        throw missingFile(cause);
      });
      return handle.createReadStream(range === undefined ? {} : { start: range.first, end: range.last });
    },

    size: async (sha256) => (isSha256(sha256) ? ((await stat(pathOf(sha256)).catch(() => null))?.size ?? null) : null),

    async remove(sha256) {
      if (isSha256(sha256)) await rm(pathOf(sha256), { force: true });
    },

    async *list() {
      for (const prefix of await namesIn(folder)) {
        for (const sha256 of prefix === INCOMING ? [] : await namesIn(join(folder, prefix))) {
          const found = isSha256(sha256) ? await stat(pathOf(sha256)).catch(() => null) : null;
          if (found !== null) yield { sha256, sizeBytes: found.size, storedAt: found.mtime };
        }
      }
    },

    removeUnfinished: (before, dryRun) => removeOld(join(folder, INCOMING), before, dryRun),

    async state() {
      const trial = join(folder, INCOMING, randomUUID());
      const free = await tryFolder(folder, trial).catch(() => null);
      return localStoreState(folder, free);
    },
  };
}

/** Room for this user, bytes. @throws what the disk does where nothing can be written. */
async function tryFolder(folder: string, trial: string): Promise<number> {
  try {
    await mkdir(dirname(trial), { recursive: true, mode: 0o700 });
    await writeFile(trial, "write test", { flag: "wx" });
  } finally {
    await rm(trial, { force: true });
  }
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Moves a whole file to its place; false where the same bytes were already. */
async function settle(incoming: string, path: string): Promise<boolean> {
  const now = new Date();
  const isThere = await utimes(path, now, now).then(
    () => true,
    () => false,
  );
  if (isThere) return false;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rename(incoming, path);
  await chmod(path, 0o400);
  await syncFolder(dirname(path));
  return true;
}

/** Makes a rename last; a system that cannot sync folders does so by itself. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
