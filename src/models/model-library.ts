/** Which models this machine has, and may use. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FileHashes, openFileHashes } from "./file-hashes.ts";
import { type LicenceScope, type ModelManifest, readManifests } from "./manifest.ts";

export interface FoundModel {
  readonly manifest: ModelManifest;
  /** `damaged`: a file has another size or hash than the manifest says. `refused`: its licence is not among those allowed. */
  readonly state: "installed" | "missing" | "damaged" | "refused";
  /** By role; empty unless it is installed. */
  readonly paths: ReadonlyMap<string, string>;
}

type ManifestFile = ModelManifest["files"][number];

export interface CheckedFile {
  readonly file: ManifestFile;
  readonly state: "ok" | "missing" | "wrong_size" | "wrong_hash";
  /** Null where it is missing. */
  readonly path: string | null;
}

export interface ModelLibrary {
  /** The models for a task, in the order of their manifests' names. Files are checked by size and SHA-256. */
  find(task: string): Promise<readonly FoundModel[]>;
  /** The same for every task. */
  list(): Promise<readonly FoundModel[]>;
  /** Of the manifests: what is wrong with those that cannot be used. */
  problems(): Promise<readonly string[]>;
  /** Each file of a model; with `isFresh` each is read now, whatever is remembered of it. */
  check(manifest: ModelManifest, isFresh: boolean): Promise<readonly CheckedFile[]>;
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
  /** Where hashes of files are remembered between processes; left out, they are for as long as this one runs. */
  readonly hashesFile?: string;
}

/** Opens a library. A file is hashed again only when it has changed. */
export function openModelLibrary(options: ModelLibraryOptions): ModelLibrary {
  const { manifestFolders, modelsFolder, licences, hashesFile = null } = options;
  const hashes = openFileHashes(hashesFile);

  async function check(manifest: ModelManifest, isFresh: boolean): Promise<readonly CheckedFile[]> {
    const checked: CheckedFile[] = [];
    for (const file of manifest.files) {
      const candidates = [join(modelsFolder, manifest.id, file.name), join(modelsFolder, file.name)];
      checked.push(await checkFile(file, candidates, isFresh ? hashes.fresh : hashes.of));
    }
    return checked;
  }

  async function place(manifest: ModelManifest): Promise<FoundModel> {
    const none = new Map<string, string>();
    if (!licences.has(manifest.licence.scope)) return { manifest, state: "refused", paths: none };
    const checked = await check(manifest, false);
    if (checked.some(({ state }) => state === "missing")) return { manifest, state: "missing", paths: none };
    if (checked.some(({ state }) => state !== "ok")) return { manifest, state: "damaged", paths: none };
    const paths = new Map(checked.map(({ file, path }) => [file.role, path ?? ""]));
    return { manifest, state: "installed", paths };
  }

  async function all(): Promise<readonly ModelManifest[]> {
    const read = await Promise.all(manifestFolders.map(readManifests));
    return [...new Map(read.flatMap(({ manifests }) => manifests).map((one) => [one.id, one])).values()];
  }

  return {
    check,
    list: async () => Promise.all((await all()).map(place)),
    problems: async () => (await Promise.all(manifestFolders.map(readManifests))).flatMap(({ problems }) => problems),
    find: async (task) => Promise.all((await all()).filter((manifest) => manifest.task === task).map(place)),
  };
}

async function checkFile(
  file: ManifestFile,
  candidates: readonly string[],
  hashOf: FileHashes["of"],
): Promise<CheckedFile> {
  for (const path of candidates) {
    const found = await stat(path).catch(() => null);
    if (found?.isFile() !== true) continue;
    if (found.size !== file.bytes) return { file, state: "wrong_size", path };
    return { file, state: (await hashOf(path)) === file.sha256 ? "ok" : "wrong_hash", path };
  }
  return { file, state: "missing", path: null };
}
