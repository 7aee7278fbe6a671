/** The private Postgres's server process: whether it runs, how to start it, how to stop it. */
import { execFile, spawn } from "node:child_process";
import { chown, open, readFile, rename, stat } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { AppError } from "../errors.ts";
import { type PostgresBinaries, program } from "./postgres-binaries.ts";
import { type ClusterFolders, postgresEnvironment, serverSettings, type Transport } from "./postgres-cluster.ts";
import type { ServiceUser } from "./postgres-user.ts";

const MAX_LOG_BYTES = 1024 * 1024;
const POLL_MS = 10;
const STOP_TIMEOUT_MS = 30_000;

const run = promisify(execFile);

/** What a server says about itself in its pid file. It may be a dead server's. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Empty where it listens on TCP. */
  readonly socketFolder: string;
  readonly isReady: boolean;
}

/** The child process that became the server, or failed to. */
export interface StartedServer {
  readonly pid: number | undefined;
  /** The exit code once it has ended, null while it runs. */
  readonly exitCode: () => number | null;
}

/**
 * Reads a data folder's pid file; null when there is none.
 * @throws AppError unavailable when the folder belongs to someone else.
 */
export async function readPostmaster(data: string): Promise<Postmaster | null> {
  try {
    const [pid, , , port, socketFolder, , , status] = (await readFile(join(data, "postmaster.pid"), "utf8")).split(
      "\n",
    );
    if (!(Number(pid) > 0)) return null;
    return {
      pid: Number(pid),
      port: Number(port),
      socketFolder: socketFolder ?? "",
      isReady: status?.trim() === "ready",
    };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM")) {
      const message =
        "The private database in Hark's data folder belongs to another user. Set HARK_HOME to a folder of your own.";
      throw new AppError("unavailable", message, { cause: error });
    }
    return null;
  }
}

/**
 * Whether a process is the Postgres of a data folder, and not one that happens to have a dead server's pid. Always false
 * on Windows, where Postgres itself tells them apart.
 */
export async function isPostmaster(pid: number, data: string): Promise<boolean> {
  if (process.platform === "win32") return false;
  if (process.platform === "linux") {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const [executable, ...rest] = commandLine.split("\0");
    return executable !== undefined && /postgres$/.test(executable) && rest.includes(data);
  }
  const listed = await run("ps", ["-ww", "-o", "args=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return /\bpostgres -D /.test(listed.stdout) && listed.stdout.includes(` ${data} `);
}

/** A connection to the server. Rejects with Node's own error when nobody listens. */
export async function connectTo({ port, socketFolder }: Postmaster): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket =
    socketFolder === ""
      ? createConnection(port, "127.0.0.1")
      : createConnection(join(socketFolder, `.s.PGSQL.${port}`));
  socket.once("error", reject);
  socket.once("connect", () => {
    socket.off("error", reject);
    resolve(socket);
  });
  return promise;
}

/**
 * Starts a server that outlives this process. It ends at once when another one has the data folder.
 * @param stalePid The pid in the pid file when it belongs to an unrelated living process, which would make Postgres
 *   refuse to start. Postgres ignores exactly this pid (as it does for its starter's parent) and replaces the file
 *   itself, so a server that was started in the meantime is never overlooked.
 */
export async function startServer(
  { root, data, log }: ClusterFolders,
  binaries: PostgresBinaries,
  user: ServiceUser | null,
  transport: Transport,
  stalePid: number | null,
): Promise<StartedServer> {
  const settings = await serverSettings(data, user, transport, transport === "tcp" ? await freePort() : 5432);
  const environment = {
    ...postgresEnvironment(),
    ...(stalePid === null ? {} : { PG_GRANDPARENT_PID: String(stalePid) }),
  };
  const output = await openLog(log, user);
  try {
    // On Windows pg_ctl sheds administrator rights, with which Postgres refuses to run.
    const [command, arguments_]: [string, string[]] =
      process.platform === "win32"
        ? [
            program(binaries, "pg_ctl"),
            ["start", "-W", "-s", "-D", data, "-l", log, "-o", settings.map(quoted).join(" ")],
          ]
        : [program(binaries, "postgres"), ["-D", data, ...settings]];
    const child = spawn(command, arguments_, {
      cwd: root,
      env: environment,
      detached: true,
      stdio: ["ignore", output.fd, output.fd],
      windowsHide: true,
      ...user,
    });
    let exitCode: number | null = null;
    child.once("exit", (code) => {
      exitCode = code ?? -1;
    });
    child.once("error", () => {
      exitCode = -1;
    });
    child.unref();
    return { pid: child.pid, exitCode: () => exitCode };
  } finally {
    await output.close();
  }
}

/**
 * Stops the server of a data folder, ending its sessions, and waits until it is gone. False when none runs.
 * @throws AppError unavailable when it does not stop.
 */
export async function stopServer(data: string, binaries: () => Promise<PostgresBinaries>): Promise<boolean> {
  const postmaster = await readPostmaster(data);
  if (postmaster === null) return false;
  if (process.platform === "win32") {
    await run(program(await binaries(), "pg_ctl"), ["stop", "-m", "fast", "-D", data]).catch(() => {});
  } else {
    if (!(await isPostmaster(postmaster.pid, data))) return false;
    process.kill(postmaster.pid, "SIGINT");
  }
  for (let waitedMs = 0; waitedMs < STOP_TIMEOUT_MS; waitedMs += POLL_MS) {
    if ((await readPostmaster(data))?.pid !== postmaster.pid || !isAlive(postmaster.pid)) return true;
    await sleep(POLL_MS);
  }
  throw new AppError("unavailable", "The private database does not stop. Try again, or end its process yourself.");
}

/** The log, for appending. One that has grown is set aside, in place of the one set aside before. */
async function openLog(path: string, user: ServiceUser | null) {
  const size = await stat(path).then(
    (state) => state.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(path, `${path}.old`).catch(() => {});
  const log = await open(path, "a", 0o600);
  if (user !== null) await chown(path, user.uid, user.gid);
  return log;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
  });
  return promise;
}

function quoted(argument: string): string {
  return `"${argument.replaceAll('"', '\\"')}"`;
}
