/** A lock between processes: a file that only one can create. */
import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../errors.ts";
import { written } from "./partial-file.ts";

const HEARTBEAT_MS = 5_000;
/** A holder on another machine cannot be asked whether it lives; it touches its lock far more often than this. */
const STALE_MS = 60_000;
const POLL_MS = 100;

interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once when another process holds it. */
  readonly onWait?: () => void;
}

/**
 * Runs work while this process holds the lock; waits for whoever holds it. A lock is taken over when its holder, on this machine,
 * has ended, or when nobody has touched it for a minute.
 * @throws AppError cancelled while waiting, unavailable when its folder cannot be written to; whatever the work throws.
 */
export async function withFileLock<Result>(
  path: string,
  { signal, onWait }: LockOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const token = `${process.pid} ${hostname()} ${randomUUID()}`;
  for (let isFirst = true; !(await written(() => create(path, token))); isFirst = false) {
    if (await removeStale(path)) continue;
    if (isFirst) onWait?.();
    await sleep(POLL_MS, undefined, { signal }).catch((cause) => {
      throw new AppError("cancelled", "Cancelled while another process had the model's file.", { cause });
    });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    // Not that of another process, which may have taken it over while this one was stopped.
    if ((await read(path)) === token) await rm(path, { force: true });
  }
}

async function create(path: string, token: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx", 0o600);
    await handle.writeFile(token).finally(() => handle.close());
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Whether a stale lock was removed. It is moved away first: of several processes that see it only one can do that. */
async function removeStale(path: string): Promise<boolean> {
  const token = await read(path);
  const touchedAt = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
  if (touchedAt === null) return true;
  if (token !== null && !hasEnded(token) && Date.now() - touchedAt < STALE_MS) return false;
  const aside = `${path}.${randomUUID()}`;
  const isMoved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return true;
  const moved = await read(aside);
  // Between the look and the move another process may have taken the lock: then it is given back.
  if (moved !== token) await rename(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return moved === token;
}

/** An empty lock is one that is just being written: its holder is not known yet. */
function hasEnded(token: string): boolean {
  const [pid = "", host = ""] = token.split(" ");
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

function read(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}
