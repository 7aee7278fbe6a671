/** The private Postgres: started when it is needed, shared by every Hark process of the user. */
import { open, realpath } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../errors.ts";
import { isConnectionError } from "./database-error.ts";
import { installedBinaries, usableBinaries } from "./postgres-binaries.ts";
import {
  type ClusterFolders,
  clusterFolders,
  DEFAULT_TRANSPORT,
  ensureDataFolder,
  makeHome,
  makeRoot,
  type Transport,
} from "./postgres-cluster.ts";
import { connectTo, isPostmaster, readPostmaster, startServer, stopServer } from "./postgres-server.ts";
import { serviceUser } from "./postgres-user.ts";
import { PRESENCE_LOCK_CLASS, privateClient } from "./private-client.ts";
import { makeReachable } from "./reachable-folder.ts";

const START_TIMEOUT_MS = 30_000;
/** A start can fail while a killed server's sessions are still ending; this long they get. */
const FAILING_TIMEOUT_MS = 5_000;
const POLL_MS = 10;
const RETRY_MS = 100;
const LOG_TAIL_BYTES = 2_000;

export interface PrivatePostgresStatus {
  readonly running: boolean;
  readonly pid: number | null;
  /** Of the running server, e.g. `18.4`. */
  readonly version: string | null;
  readonly dataFolder: string;
  /** Null when it does not run, or listens on TCP. */
  readonly socketFolder: string | null;
  /** Hark processes that are using it. */
  readonly clients: number;
}

/**
 * A connection to the private Postgres of a Hark data folder, which is made and started if need be. Any number of
 * processes may do so at once.
 * @throws AppError unavailable when it cannot be started, with what to do.
 */
export async function connectPrivatePostgres(home: string, transport: Transport = DEFAULT_TRANSPORT): Promise<Socket> {
  await makeHome(home)
    .then(async () => makeReachable(join(await realpath(home), "postgres")))
    .catch(explainSetup);
  const folders = await clusterFolders(home);
  const deadline = Date.now() + START_TIMEOUT_MS;
  let failingSince: number | null = null;
  while (Date.now() < deadline) {
    const running = await connectRunning(folders.data);
    if (running !== null) return running;

    const postmaster = await readPostmaster(folders.data);
    if (postmaster !== null && (await isPostmaster(postmaster.pid, folders.data))) {
      failingSince = null;
      await sleep(POLL_MS); // starting or stopping
      continue;
    }
    const started = await start(folders, transport, postmaster?.pid ?? null).catch(explainSetup);
    if (started !== null) return started;

    failingSince ??= Date.now();
    if (Date.now() - failingSince > FAILING_TIMEOUT_MS) throw await startFailure(folders);
    await sleep(RETRY_MS);
  }
  throw await startFailure(folders);
}

/** What `hark db status` shows. Starts nothing. */
export async function privatePostgresStatus(home: string): Promise<PrivatePostgresStatus> {
  const { data } = await clusterFolders(home);
  const stopped = { running: false, pid: null, version: null, dataFolder: data, socketFolder: null, clients: 0 };
  const postmaster = await readPostmaster(data);
  if (postmaster === null) return stopped;
  const { pid, socketFolder } = postmaster;
  const sql = privateClient({ connect: () => connectTo(postmaster), data, max: 1 });
  try {
    const [row] = await sql<{ version: string; clients: number }[]>`
      select current_setting('server_version') as version, count(*)::int as clients
      from pg_locks where locktype = 'advisory' and objsubid = 2 and classid = ${PRESENCE_LOCK_CLASS}::bigint::oid and granted`;
    const where = { dataFolder: data, socketFolder: socketFolder === "" ? null : socketFolder };
    return { running: true, pid, version: row?.version ?? null, clients: row?.clients ?? 0, ...where };
  } catch (error) {
    if (isConnectionError(error)) return stopped;
    throw error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/**
 * Stops the private Postgres, whoever is using it; the next use starts it again. False when it was not running.
 * @throws AppError unavailable when it does not stop.
 */
export async function stopPrivatePostgres(home: string): Promise<boolean> {
  return stopServer((await clusterFolders(home)).data, installedBinaries);
}

async function connectRunning(data: string): Promise<Socket | null> {
  const postmaster = await readPostmaster(data);
  return postmaster?.isReady ? connectTo(postmaster).catch(() => null) : null;
}

/** Makes what is missing, starts a server and connects to it; null when another process was faster, or it failed. */
async function start(folders: ClusterFolders, transport: Transport, stalePid: number | null): Promise<Socket | null> {
  const user = await serviceUser(folders.data);
  const installed = await installedBinaries();
  await makeRoot(folders, user);
  const binaries = await usableBinaries(installed, folders.root, user);
  await ensureDataFolder(folders, binaries, user, transport);
  const server = await startServer(folders, binaries, user, transport, process.platform === "win32" ? null : stalePid);
  for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
    const socket = await connectRunning(folders.data);
    if (socket !== null) return socket;
    const exitCode = server.exitCode();
    // On Windows the child is pg_ctl, which ends with 0 while the server starts.
    if (exitCode !== null && exitCode !== 0) return null;
    await sleep(POLL_MS);
  }
  return null;
}

/** @throws AppError the error if it is one, else `unavailable`. */
function explainSetup(error: unknown): never {
  if (error instanceof AppError) throw error;
  const message =
    "Hark's private database could not be set up. The log holds the reason. Check that Hark's data folder (HARK_HOME) can be " +
    "written, that its disk is not full, and that the system knows the user by name, or set DATABASE_URL to a Postgres of your own.";
  throw new AppError("unavailable", message, { cause: error });
}

async function startFailure({ log }: ClusterFolders): Promise<AppError> {
  const message =
    "Hark's private database does not start. Hark's log holds Postgres's reason; `hark db path` shows its folder. " +
    "Check that the disk is not full, run `hark db stop` and try again, or set DATABASE_URL to a Postgres of your own.";
  return new AppError("unavailable", message, { cause: new Error(await tail(log)) });
}

async function tail(path: string): Promise<string> {
  const file = await open(path, "r").catch(() => null);
  if (file === null) return "Postgres has written no log.";
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8");
  } finally {
    await file.close();
  }
}
