/** From what a person types (files, folders, patterns) to the files meant. */
import { glob, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasAudioName } from "../audio/audio-file-name.ts";
import { AppError } from "../errors.ts";

/**
 * The files of each argument, in order, each once: a file itself, the audio files in a folder and below it, the matches of
 * a pattern. A name that does not exist is kept, so that its error is reported beside the others' results.
 * @throws AppError not_found when a folder or pattern holds no audio file.
 */
export async function inputFiles(args: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const argument of args) {
    const found = await stat(argument).catch(() => null);
    if (found?.isDirectory()) files.push(...(await nonEmpty(await filesBelow(argument), argument)));
    else if (found === null && /[*?[{]/.test(argument))
      files.push(...(await nonEmpty((await Array.fromAsync(glob(argument))).sort(), argument)));
    else files.push(argument);
  }
  return [...new Set(files)];
}

/** Links to files count, links to folders do not; a folder that may not be read is passed over. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES" || error.code === "EPERM") return [];
    throw error;
  });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(path)));
    else if (hasAudioName(entry.name) && (await stat(path).catch(() => null))?.isFile()) files.push(path);
  }
  return files;
}

async function nonEmpty(files: readonly string[], argument: string): Promise<readonly string[]> {
  if (files.length > 0) return files;
  throw new AppError(
    "not_found",
    `"${argument}" holds no audio file. Name a file, a folder with audio files, or a pattern.`,
  );
}
