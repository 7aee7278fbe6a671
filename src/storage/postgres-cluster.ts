/** The private Postgres's data folder: where it is, how it is made, and which settings its server runs with. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AppError } from "../errors.ts";
import { type PostgresBinaries, program } from "./postgres-binaries.ts";
import { canReach, type ServiceUser } from "./postgres-user.ts";

export const ROLE = "hark";
export const DATABASE = "hark";

/** A socket's path must fit into 104 bytes on macOS, 108 on Linux, its terminating zero included. */
const MAX_SOCKET_PATH_BYTES = 100;
const SOCKET_NAME = "/.s.PGSQL.5432";
const PASSWORD_FILE = "hark-password";
const TEMPORARY = ".tmp-";
const STALE_TEMPORARY_MS = 60 * 60 * 1000;

const run = promisify(execFile);

/** `tcp`: loopback with a password, for systems without private Unix sockets. */
export type Transport = "socket" | "tcp";

export const DEFAULT_TRANSPORT: Transport = process.platform === "win32" ? "tcp" : "socket";

export interface ClusterFolders {
  /** Holds everything of the private Postgres. */
  readonly root: string;
  readonly data: string;
  readonly log: string;
}

/** Makes Hark's data folder; as root one that the server's user can reach. */
export async function makeHome(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: process.getuid?.() === 0 ? 0o755 : 0o700 });
}

/** Where the private Postgres of a Hark data folder is. Real paths, so that every process calls it by the same name. */
export async function clusterFolders(home: string): Promise<ClusterFolders> {
  const named = join(await realpath(home).catch(() => home), "postgres");
  const root = await realpath(named).catch(() => named);
  return { root, data: join(root, "data"), log: join(root, "server.log") };
}

/** The environment for Postgres's programs: none of the user's PG variables, none of their secrets. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TEMP } = process.env;
  return { PATH, ...(process.platform === "win32" ? { SystemRoot, TEMP } : {}), LC_ALL: "C" };
}

/**
 * Makes the folder for the private Postgres, 0700 and owned by whoever runs it.
 * @throws AppError unavailable when that user cannot reach it.
 */
export async function makeRoot({ root }: ClusterFolders, user: ServiceUser | null): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  if (user !== null) {
    await chown(root, user.uid, user.gid);
    if (!(await canReach(root, user))) {
      throw new AppError(
        "unavailable",
        "Postgres refuses to run as root, and the unprivileged user it runs as instead cannot reach Hark's data folder. " +
          "Set HARK_HOME to a folder that every user may traverse, such as /var/lib/hark, or DATABASE_URL to a Postgres of your own.",
      );
    }
  }
  await removeStaleTemporaries(root);
}

/**
 * Makes the data folder if there is none: under a temporary name first, so that it is there whole or not at all. When
 * several processes do so at once, one wins and the others discard theirs.
 * @throws AppError unavailable when another major version made it; the system's or initdb's error when it cannot be made.
 */
export async function ensureDataFolder(
  { root, data }: ClusterFolders,
  binaries: PostgresBinaries,
  user: ServiceUser | null,
  transport: Transport,
): Promise<void> {
  const existing = await readFile(join(data, "PG_VERSION"), "utf8").catch(() => null);
  if (existing !== null) return checkVersion(existing.trim(), binaries);

  const temporary = await mkdtemp(`${data}${TEMPORARY}`);
  try {
    if (user !== null) await chown(temporary, user.uid, user.gid);
    await initialise(temporary, binaries, { cwd: root, env: postgresEnvironment(), ...user }, transport);
    await rename(temporary, data).catch(async (error: unknown) => {
      if ((await stat(join(data, "PG_VERSION")).catch(() => null)) === null) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
  }
}

/** What the server of a data folder is started with, beside the defaults of its configuration file. */
export async function serverSettings(
  data: string,
  user: ServiceUser | null,
  transport: Transport,
  port: number,
): Promise<string[]> {
  const where =
    transport === "tcp"
      ? { listen_addresses: "127.0.0.1", port, unix_socket_directories: "" }
      : { listen_addresses: "", port: 5432, unix_socket_directories: quotedPath(await socketFolder(data, user)) };
  const settings = {
    ...where,
    max_connections: 200,
    shared_buffers: "32MB",
    max_wal_size: "256MB",
    // One user's small database: no replication, no parallel or I/O worker processes.
    wal_level: "minimal",
    max_wal_senders: 0,
    max_logical_replication_workers: 0,
    max_parallel_workers_per_gather: 0,
    io_method: "sync",
    jit: "off",
    // The log grows only with events of the server itself, never with failed statements.
    log_min_messages: "log",
    log_checkpoints: "off",
    timezone: "UTC",
    log_timezone: "UTC",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The password of a data folder whose server listens on TCP; empty for one with a socket. */
export async function clusterPassword(data: string): Promise<string> {
  return readFile(join(data, PASSWORD_FILE), "utf8").catch(() => "");
}

async function initialise(
  data: string,
  binaries: PostgresBinaries,
  options: { cwd: string; env: NodeJS.ProcessEnv } & Partial<ServiceUser>,
  transport: Transport,
): Promise<void> {
  const passwordFile = `${data}-password`;
  const authentication = transport === "tcp" ? ["--auth=scram-sha-256", `--pwfile=${passwordFile}`] : ["--auth=trust"];
  const arguments_ = ["-D", data, "-U", ROLE, "--encoding=UTF8", "--locale=C", ...authentication];
  // Sorts by code point like the C locale, but knows upper and lower case beyond ASCII.
  const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  try {
    if (transport === "tcp") {
      await writeFile(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
      if (options.uid !== undefined && options.gid !== undefined) await chown(passwordFile, options.uid, options.gid);
    }
    await run(program(binaries, "initdb"), [...arguments_, ...locale], options);
    const createDatabase = run(program(binaries, "postgres"), ["--single", "-D", data, "postgres"], options);
    createDatabase.child.stdin?.end(`create database ${DATABASE}\n`);
    await createDatabase;
    if (transport === "tcp") await rename(passwordFile, join(data, PASSWORD_FILE));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function checkVersion(existing: string, binaries: PostgresBinaries): void {
  const major = binaries.version.split(".")[0];
  if (existing === major) return;
  throw new AppError(
    "unavailable",
    `The private database was made by Postgres ${existing}, and this Hark brings Postgres ${major}, which cannot read it. ` +
      "Use the Hark that made it, move the folder that `hark db path` shows away to begin anew, or set DATABASE_URL.",
  );
}

/** The data folder itself, or where its path is too long for a socket, a private folder among the temporary ones. */
async function socketFolder(data: string, user: ServiceUser | null): Promise<string> {
  if (Buffer.byteLength(data + SOCKET_NAME) <= MAX_SOCKET_PATH_BYTES) return data;
  const uid = user?.uid ?? process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `hark-${uid}-${createHash("sha256").update(data).digest("hex").slice(0, 12)}`);
  const made = await mkdir(folder, { mode: 0o700 }).then(
    () => true,
    () => false,
  );
  if (made && user !== null) await chown(folder, user.uid, user.gid);
  const state = await lstat(folder);
  const isPrivate = state.isDirectory() && state.uid === uid && (state.mode & 0o077) === 0;
  if (isPrivate && Buffer.byteLength(folder + SOCKET_NAME) <= MAX_SOCKET_PATH_BYTES) return folder;
  throw new AppError(
    "unavailable",
    "The path of Hark's data folder is too long for the private database's socket, and there is no safe folder among the " +
      "temporary ones to put it in. Set HARK_HOME to a shorter path, or DATABASE_URL to a Postgres of your own.",
  );
}

function quotedPath(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}

/** What killed processes left half made. */
async function removeStaleTemporaries(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.includes(TEMPORARY)) continue;
    const path = join(root, name);
    const state = await stat(path).catch(() => null);
    if (state !== null && Date.now() - state.mtimeMs > STALE_TEMPORARY_MS)
      await rm(path, { recursive: true, force: true });
  }
}
