/** As root: where the private Postgres lies when the user that runs it cannot reach Hark's data folder. */
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isPostmaster, readPostmaster } from "./postgres-server.ts";
import { canTraverse, serviceUser } from "./postgres-user.ts";

/** Every user can reach it. */
const ELSEWHERE = "/var/lib/hark/elsewhere";
const PREFIX = "postgres-";
/** Beside each folder, a file that says which link leads to it. */
const LINK_NOTE = ".link";
/** A younger folder may be one whose link another process is about to make. */
const ABANDONED_MS = 60_000;

/**
 * Makes the path of a folder that is not there yet reachable: where the server's user cannot get to it, it becomes a link to a new
 * folder below /var/lib/hark. Folders there whose link is gone, because the data folder was deleted, are deleted.
 */
export async function makeReachable(folder: string): Promise<void> {
  if ((await lstat(folder).catch(() => null)) !== null) return;
  const user = await serviceUser(folder);
  if (user === null || (await canTraverse(dirname(folder), user))) return;
  await mkdir(ELSEWHERE, { recursive: true, mode: 0o755 });
  await removeAbandoned();
  const place = await mkdtemp(join(ELSEWHERE, PREFIX));
  await writeFile(place + LINK_NOTE, folder);
  await symlink(place, folder).catch(async (error: NodeJS.ErrnoException) => {
    await removePlace(place);
    if (error.code !== "EEXIST") throw error; // another process was faster
  });
}

async function removeAbandoned(): Promise<void> {
  const notes = (await readdir(ELSEWHERE)).filter((name) => name.startsWith(PREFIX) && name.endsWith(LINK_NOTE));
  for (const note of notes) {
    const place = join(ELSEWHERE, note.slice(0, -LINK_NOTE.length));
    const { mtimeMs } = await stat(place + LINK_NOTE);
    const link = await readFile(place + LINK_NOTE, "utf8");
    if (Date.now() - mtimeMs < ABANDONED_MS || (await readlink(link).catch(() => null)) === place) continue;
    const data = join(place, "data");
    const postmaster = await readPostmaster(data);
    if (postmaster === null || !(await isPostmaster(postmaster.pid, data))) await removePlace(place);
  }
}

async function removePlace(place: string): Promise<void> {
  await rm(place, { recursive: true, force: true });
  await rm(place + LINK_NOTE, { force: true });
}
