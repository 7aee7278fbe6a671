/** The operating system's user that the private Postgres runs as: Postgres refuses to run as root. */
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../errors.ts";

/** Users that exist on most systems and own nothing of value. initdb needs a user with a passwd entry. */
const CANDIDATES = ["postgres", "nobody"];

const READ = 4;
const TRAVERSE = 1;

export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who runs the server of a data folder: null for the current user; for root the data folder's owner, else the user
 * `postgres`, else `nobody`.
 * @throws AppError unavailable when root finds none of them.
 */
export async function serviceUser(dataFolder: string): Promise<ServiceUser | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(dataFolder).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };

  const passwd = await readFile("/etc/passwd", "utf8").catch(() => "");
  const entries = new Map(passwd.split("\n").map((line) => [line.split(":")[0], line.split(":")]));
  for (const name of CANDIDATES) {
    const [, , uid, gid] = entries.get(name) ?? [];
    if (Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new AppError(
    "unavailable",
    "Postgres refuses to run as root, and there is no user `postgres` or `nobody` to run it as. " +
      "Run Hark as another user, add one of those users, or set DATABASE_URL to a Postgres of your own.",
  );
}

/** Whether the user may traverse every folder above an existing path, and read and traverse (or execute) the path. */
export async function canReach(path: string, user: ServiceUser): Promise<boolean> {
  return (await allows(path, user, READ | TRAVERSE)) && (await canTraverse(dirname(path), user));
}

/** Whether the user may traverse a folder and every one above it. */
export async function canTraverse(folder: string, user: ServiceUser): Promise<boolean> {
  if (!(await allows(folder, user, TRAVERSE))) return false;
  const above = dirname(folder);
  return above === folder || canTraverse(above, user);
}

async function allows(path: string, user: ServiceUser, wanted: number): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}
