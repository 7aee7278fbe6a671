/** The folders that jobs work in: one an attempt, below the data folder. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { storageFailure } from "../files/storage-failure.ts";

const NAME = /^(job_[0-9a-f]+)-(\d+)$/;

export interface JobFolder extends AsyncDisposable {
  /** For the operation. */
  readonly work: string;
  /** For a source that had to be fetched. */
  readonly source: string;
}

interface Attempt {
  readonly id: string;
  readonly attempts: number;
}

/** Makes the folders of an attempt; those of earlier attempts at the same job, whose workers have died, go. */
export async function makeJobFolder(root: string, { id, attempts }: Attempt): Promise<JobFolder> {
  for (const { name, attempt } of await listJobFolders(root)) {
    if (attempt.id === id && attempt.attempts < attempts) await removeFolder(join(root, name));
  }
  const folder = join(root, `${id}-${attempts}`);
  const [work, source] = [join(folder, "work"), join(folder, "source")];
  try {
    await mkdir(work, { recursive: true, mode: 0o700 });
    await mkdir(source, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageFailure(error, "the disk with Hark's data folder");
  }
  return { work, source, [Symbol.asyncDispose]: () => removeFolder(folder) };
}

export async function listJobFolders(root: string): Promise<{ name: string; attempt: Attempt }[]> {
  const names = await readdir(root).catch(() => []);
  return names.flatMap((name) => {
    const [, id, attempts] = NAME.exec(name) ?? [];
    return id === undefined ? [] : [{ name, attempt: { id, attempts: Number(attempts) } }];
  });
}

/** Something may still be writing into it. */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
