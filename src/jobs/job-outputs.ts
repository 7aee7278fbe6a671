/** From the files that an operation left in its folder to those that its job keeps. */
import { lstat, realpath, rm } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError, toAppError } from "../errors.ts";
import type { FileStore, PutFile } from "../files/file-store.ts";
import type { OutputFile } from "../processing/operation.ts";
import { numberedFilename, safeFilename } from "../safe-filename.ts";
import type { Job, JobFile } from "../storage/job-repository.ts";
import { isInside } from "../tracks/allowed-roots.ts";
import { publishFile, resolveOutputFolder } from "./output-folder.ts";

/** A result may have taken hours: a store that is away is asked again after these times before the work is done once more. */
const PATIENCE_MS = [1_000, 4_000, 10_000, 20_000];

interface Places {
  readonly store: FileStore;
  readonly roots: readonly string[];
  readonly signal: AbortSignal;
  /** Whether another job may hold a stored file, or is about to. */
  readonly isWanted: (sha256: string) => Promise<boolean>;
}

interface Published {
  readonly stored: readonly JobFile[];
  readonly warning: string | null;
  /** Takes away what was written; what is in doubt stays in the store until `hark gc`. */
  discard(): Promise<void>;
}

/**
 * Puts outputs where the job wants them. A folder that has gone, or is full, costs no result: the store takes it, with a warning.
 * @throws AppError unavailable when the store has no room either; internal for an output outside of the operation's folder.
 */
export async function publishOutputs(
  files: readonly OutputFile[],
  folder: string,
  job: Pick<Job, "outputDir" | "overwrite">,
  places: Places,
): Promise<Published> {
  const outputs = await withSafeNames(files, folder);
  if (job.outputDir === null) return { ...(await storeAll(outputs, places)), warning: null };
  const created: string[] = [];
  const discard = async () => {
    for (const path of created.splice(0)) await rm(path, { force: true });
  };
  try {
    const target = await resolveOutputFolder(job.outputDir, places.roots);
    const stored: JobFile[] = [];
    for (const { role, path, filename, mimeType } of outputs) {
      const { created: isNew, ...published } = await publishFile(path, target, filename, job.overwrite, places.signal);
      if (isNew) created.push(published.path);
      stored.push({ role, mimeType, ...published });
    }
    return { stored, warning: null, discard };
  } catch (error) {
    await discard();
    if (places.signal.aborted || !(error instanceof AppError)) throw error;
    const warning = `The files could not be put into output_dir and are kept in Hark's store instead. ${error.message}`;
    return { ...(await storeAll(outputs, places)), warning };
  }
}

async function storeAll(
  outputs: readonly OutputFile[],
  { store, signal, isWanted }: Places,
): Promise<Omit<Published, "warning">> {
  const stored: JobFile[] = [];
  const created: string[] = [];
  const discard = async () => {
    for (const sha256 of created.splice(0)) {
      const isInDoubt = await isWanted(sha256).catch(() => true);
      if (!isInDoubt) await store.remove(sha256).catch(() => {});
    }
  };
  try {
    for (const { role, path, filename, mimeType } of outputs) {
      const { isNew, ...file } = await putPatiently(store, path, signal);
      if (isNew) created.push(file.sha256);
      stored.push({ role, filename, mimeType, ...file, path: null });
    }
    return { stored, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function putPatiently(store: FileStore, path: string, signal: AbortSignal): Promise<PutFile> {
  for (const waitMs of PATIENCE_MS) {
    try {
      return await store.put(path, signal);
    } catch (error) {
      if (!toAppError(error).mayPass) throw error;
      await sleep(waitMs, undefined, { signal });
    }
  }
  return await store.put(path, signal);
}

/** Names that every file system takes, each once; only regular files inside of the folder pass. */
async function withSafeNames(files: readonly OutputFile[], folder: string): Promise<OutputFile[]> {
  const root = await realpath(folder);
  const taken = new Set<string>();
  const outputs: OutputFile[] = [];
  for (const file of files) {
    const isRegular = (await lstat(file.path)).isFile();
    if (!isRegular || !isInside(await realpath(file.path), root)) {
      throw new Error(`the output ${file.role} (${basename(file.path)}) is no file of the operation's folder`);
    }
    const wanted = safeFilename(file.filename);
    let number = 1;
    while (taken.has(numberedFilename(wanted, number).toLowerCase())) number++;
    const filename = numberedFilename(wanted, number);
    taken.add(filename.toLowerCase());
    outputs.push({ ...file, filename });
  }
  return outputs;
}
