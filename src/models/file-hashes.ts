/** Hashes of files, remembered as long as the files are not touched: a model of 300 MB takes a second to read. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** A file that changed so recently may change again without its time telling: file systems count in steps of some milliseconds. */
const SETTLED_MS = 100;

const REMEMBERED = z.record(z.string(), z.strictObject({ stamp: z.string(), sha256: z.string() }));

type Remembered = z.output<typeof REMEMBERED>;

export interface FileHashes {
  /** The file's SHA-256 in hexadecimal, read again only when its size, times or inode have changed; null where none can be read. */
  of(path: string): Promise<string | null>;
  /** The same, read now whatever is remembered. */
  fresh(path: string): Promise<string | null>;
}

/** @param cacheFile where hashes are remembered between processes; null for this process only. What cannot be written is not remembered. */
export function openFileHashes(cacheFile: string | null): FileHashes {
  const known = new Map<string, { stamp: string; sha256: string }>();
  let loaded: Promise<void> | undefined;
  let saved: Promise<void> = Promise.resolve();

  async function load(): Promise<void> {
    if (cacheFile === null) return;
    for (const [path, entry] of Object.entries(await readRemembered(cacheFile))) known.set(path, entry);
  }

  async function fresh(path: string): Promise<string | null> {
    const before = await stampOf(path);
    const startedAt = Date.now();
    const sha256 = await sha256OfFile(path);
    const isSettled = before !== null && startedAt - before.changedAtMs > SETTLED_MS;
    if (sha256 === null || !isSettled || (await stampOf(path))?.stamp !== before.stamp) return sha256;
    known.set(path, { stamp: before.stamp, sha256 });
    if (cacheFile !== null) {
      saved = saved.then(() => remember(cacheFile, path, { stamp: before.stamp, sha256 })).catch(() => {});
      await saved;
    }
    return sha256;
  }

  return {
    fresh,
    async of(path) {
      loaded ??= load();
      await loaded;
      const found = known.get(path);
      if (found !== undefined && found.stamp === (await stampOf(path))?.stamp) return found.sha256;
      return fresh(path);
    },
  };
}

/** The SHA-256 of a file in hexadecimal; null where there is none that can be read. */
export async function sha256OfFile(path: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch {
    return null;
  }
  return hash.digest("hex");
}

async function stampOf(path: string) {
  const found = await stat(path, { bigint: true }).catch(() => null);
  if (found === null) return null;
  const { size, mtimeNs, ctimeNs, ino } = found;
  return { stamp: `${size} ${mtimeNs} ${ctimeNs} ${ino}`, changedAtMs: Number(found.ctimeMs) };
}

async function readRemembered(cacheFile: string): Promise<Remembered> {
  const text = await readFile(cacheFile, "utf8").catch(() => "{}");
  try {
    return REMEMBERED.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Reads before it writes: another process may have added something. */
async function remember(cacheFile: string, path: string, entry: Remembered[string]): Promise<void> {
  await mkdir(dirname(cacheFile), { recursive: true });
  const all = { ...(await readRemembered(cacheFile)), [path]: entry };
  const temporary = `${cacheFile}.${randomUUID()}`;
  try {
    await writeFile(temporary, JSON.stringify(all), { mode: 0o600 });
    await rename(temporary, cacheFile);
  } finally {
    await rm(temporary, { force: true });
  }
}
