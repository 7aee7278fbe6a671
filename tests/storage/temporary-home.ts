/** Data folders for tests, each with its own private Postgres. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { clusterFolders } from "../../src/storage/postgres-cluster.ts";
import { isPostmaster, readPostmaster } from "../../src/storage/postgres-server.ts";

const homes: string[] = [];

afterAll(async () => {
  for (const home of homes.splice(0)) await removeHome(home);
});

/** An empty folder that every user can reach. After the file's tests its server is killed and it is removed. */
export async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "hark-"));
  await chmod(home, 0o755);
  homes.push(home);
  return home;
}

/** Kills the server of a data folder with SIGKILL, as a crash would end it; its pid. */
export async function killServer(home: string): Promise<number> {
  const { data } = await clusterFolders(home);
  const postmaster = await readPostmaster(data);
  if (postmaster === null || !(await isPostmaster(postmaster.pid, data))) throw new Error("no server runs");
  process.kill(postmaster.pid, "SIGKILL");
  return postmaster.pid;
}

/** For cleaning up: does nothing when no server runs. */
export async function killIfRunning(home: string): Promise<void> {
  await killServer(home).catch(() => {});
}

async function removeHome(home: string): Promise<void> {
  await killIfRunning(home);
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
