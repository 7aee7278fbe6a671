/** Which models this machine has, and may use. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { type LicenceScope, type ModelManifest, readManifests } from "./manifest.ts";

export interface FoundModel {
  readonly manifest: ModelManifest;
  /** `damaged`: a file has another size or hash than the manifest says. `refused`: its licence is not among those allowed. */
  readonly state: "installed" | "missing" | "damaged" | "refused";
  /** By role; empty unless it is installed. */
  readonly paths: ReadonlyMap<string, string>;
}

export interface ModelLibrary {
  /** The models for a task, in the order of their manifests' names. Files are checked by size and SHA-256. */
  find(task: string): Promise<readonly FoundModel[]>;
}

/** The manifests that come with Hark. */
export const OWN_MANIFESTS = fileURLToPath(new URL("../../config/models", import.meta.url));

/** Plain data, which can go to another process. */
export interface ModelLibraryOptions {
  /** Hark's own, then the user's; of two with one id the later counts. */
  readonly manifestFolders: readonly string[];
  /** Files are looked for in it, and in a folder in it that is named as the model. */
  readonly modelsFolder: string;
  readonly licences: ReadonlySet<LicenceScope>;
}

/** Opens a library. A file is hashed again only when its size or time has changed. */
export function openModelLibrary({ manifestFolders, modelsFolder, licences }: ModelLibraryOptions): ModelLibrary {
  const hashes = new Map<string, string>();

  async function hashOf(path: string, stamp: string): Promise<string> {
    const known = hashes.get(`${path} ${stamp}`);
    if (known !== undefined) return known;
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    const found = hash.digest("hex");
    hashes.set(`${path} ${stamp}`, found);
    return found;
  }

  async function place(manifest: ModelManifest): Promise<FoundModel> {
    if (!licences.has(manifest.licence.scope)) return { manifest, state: "refused", paths: new Map() };
    const paths = new Map<string, string>();
    for (const file of manifest.files) {
      const candidates = [join(modelsFolder, manifest.id, file.name), join(modelsFolder, file.name)];
      const found = await firstFile(candidates);
      if (found === null) return { manifest, state: "missing", paths: new Map() };
      const isWhole = found.bytes === file.bytes && (await hashOf(found.path, found.stamp)) === file.sha256;
      if (!isWhole) return { manifest, state: "damaged", paths: new Map() };
      paths.set(file.role, found.path);
    }
    return { manifest, state: "installed", paths };
  }

  return {
    async find(task) {
      const all = (await Promise.all(manifestFolders.map(readManifests))).flat();
      const byId = new Map(all.map((manifest) => [manifest.id, manifest]));
      const wanted = [...byId.values()].filter((manifest) => manifest.task === task);
      return Promise.all(wanted.map(place));
    },
  };
}

async function firstFile(paths: readonly string[]) {
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found?.isFile()) return { path, bytes: found.size, stamp: `${found.size} ${found.mtimeMs}` };
  }
  return null;
}
