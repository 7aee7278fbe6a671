/** What jobs have left behind and nothing refers to any more. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { FileStore } from "../files/file-store.ts";
import type { JobRepository } from "../storage/job-repository.ts";
import { listJobFolders, removeFolder } from "./job-folders.ts";

/** A file may be stored before its job says so; a folder made before its attempt is seen. */
const GRACE_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface GarbageOptions {
  readonly jobs: JobRepository;
  readonly store: FileStore;
  readonly foldersRoot: string;
  /** Counts, and removes nothing. */
  readonly dryRun: boolean;
  /** Forgets jobs that were finished longer ago than this; null forgets none. */
  readonly olderThanDays: number | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Garbage {
  readonly jobs: number;
  readonly files: number;
  readonly fileBytes: number;
  readonly folders: number;
  /** On their way into the store when somebody was killed; null where the store cannot tell. */
  readonly uploads: number | null;
}

/**
 * Removes stored files that no job refers to, and folders of attempts that are over, and uploads that were never
 * finished. What is younger than an hour stays, an upload younger than a day.
 */
export async function collectGarbage(options: GarbageOptions): Promise<Garbage> {
  const { jobs, store, dryRun, olderThanDays, now } = options;
  const forgotten =
    olderThanDays === null ? 0 : await jobs.removeFinished(new Date(now - olderThanDays * DAY_MS), dryRun);
  const files = await collectFiles(options);
  const folders = await collectFolders(options);
  const uploads = await store.removeUnfinished(new Date(now - DAY_MS), dryRun);
  return { jobs: forgotten, ...files, folders, uploads };
}

async function collectFiles({
  jobs,
  store,
  dryRun,
  now,
}: GarbageOptions): Promise<Pick<Garbage, "files" | "fileBytes">> {
  const old: { sha256: string; sizeBytes: number }[] = [];
  for await (const { storedAt, ...file } of store.list()) {
    if (now - storedAt.getTime() > GRACE_MS) old.push(file);
  }
  // Asked after the listing: a job that has finished meanwhile is seen.
  const referenced = await jobs.referencedFiles();
  const unused = old.filter(({ sha256 }) => !referenced.has(sha256));
  if (!dryRun) for (const { sha256 } of unused) await store.remove(sha256);
  return { files: unused.length, fileBytes: unused.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

async function collectFolders({ jobs, foldersRoot, dryRun, now }: GarbageOptions): Promise<number> {
  let folders = 0;
  for (const { name, attempt } of await listJobFolders(foldersRoot)) {
    const path = join(foldersRoot, name);
    const madeAt = (await stat(path).catch(() => null))?.mtimeMs ?? now;
    if (now - madeAt <= GRACE_MS || (await jobs.isHeld(attempt))) continue;
    folders++;
    if (!dryRun) await removeFolder(path);
  }
  return folders;
}
