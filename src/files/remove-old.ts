/** What was left in a folder for files on their way. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Removes what was last changed before then, or only counts it; gives how many. None where there is no such folder. */
export async function removeOld(folder: string, before: Date, dryRun: boolean): Promise<number> {
  let count = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const changedAt = (await stat(path).catch(() => null))?.mtime;
    if (changedAt === undefined || changedAt >= before) continue;
    count++;
    if (!dryRun) await rm(path, { recursive: true, force: true });
  }
  return count;
}
