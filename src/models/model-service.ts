/** Models as people deal with them: which there are, getting them, checking them, removing them. */
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError, toAppError } from "../errors.ts";
import { requireAllowed, whyRefused } from "./licence-policy.ts";
import type { ModelManifest } from "./manifest.ts";
import { downloadFile } from "./model-download.ts";
import type { CheckedFile, FoundModel, ModelLibrary } from "./model-library.ts";
import type { Environment } from "./model-request.ts";

export interface ListedModel {
  readonly manifest: ModelManifest;
  readonly state: FoundModel["state"] | "downloading";
  /** Of its files together. */
  readonly bytes: number;
  /** While it is downloading. */
  readonly downloadedBytes: number | null;
  /** Why it cannot be used, and what to do; null when it can, or is on its way. */
  readonly why: string | null;
}

/** A download under way. */
export interface Pull {
  readonly manifest: ModelManifest;
  readonly bytes: number;
  readonly downloadedBytes: number;
  /** Resolves when the model is installed. @throws AppError as downloads do. */
  readonly done: Promise<void>;
  /** Stops it; what has arrived is kept for the next time. */
  cancel(): void;
}

interface ServiceOptions {
  readonly library: ModelLibrary;
  /** Where models are put, each into a folder of its own. */
  readonly modelsFolder: string;
  /** HF_ENDPOINT and the variables of proxies. */
  readonly environment: Environment;
}

/** Downloads outlive the call that asked for them, and end with `close`. */
export class ModelService {
  readonly #library: ModelLibrary;
  readonly #folder: string;
  readonly #environment: Environment;
  readonly #pulls = new Map<string, Pull>();
  /** What the last download of a model failed with. */
  readonly #failures = new Map<string, string>();

  constructor({ library, modelsFolder, environment }: ServiceOptions) {
    this.#library = library;
    this.#folder = modelsFolder;
    this.#environment = environment;
  }

  /** Every model, by the names of their manifests. */
  async list(): Promise<readonly ListedModel[]> {
    const all = await this.#library.list();
    return all.map((model) => this.#listed(model, all));
  }

  /** What is wrong with manifests that cannot be used. */
  problems(): Promise<readonly string[]> {
    return this.#library.problems();
  }

  /** @throws AppError not_found, with the ids that there are. */
  async get(id: string): Promise<ListedModel> {
    const all = await this.list();
    const found = all.find(({ manifest }) => manifest.id === id);
    if (found !== undefined) return found;
    const ids = all.map(({ manifest }) => manifest.id).join(", ");
    const message = `There is no model with the id "${id}". There are: ${ids}.`;
    throw new AppError("not_found", [message, ...(await this.problems())].join(" "));
  }

  /**
   * Begins to get a model, or joins the download of it that is under way. Whoever calls has asked first: see the model's size and licence.
   * @throws AppError: not_found; forbidden when the licence policy does not cover it; unavailable when it can only be placed by hand.
   */
  async pull(id: string): Promise<Pull> {
    const { manifest } = await this.get(id);
    const all = await this.#library.list();
    const model = all.find((candidate) => candidate.manifest.id === id);
    if (model !== undefined) requireAllowed(model, all);
    const checked = await this.#library.check(manifest, false);
    const wanted = checked.filter(({ state }) => state !== "ok").map(({ file }) => sourceOf(file));
    const pull = this.#pulls.get(id) ?? this.#begin(manifest, wanted);
    this.#pulls.set(id, pull);
    return pull;
  }

  /** Reads every file of a model again. @throws AppError not_found. */
  async verify(id: string): Promise<readonly CheckedFile[]> {
    return this.#library.check((await this.get(id)).manifest, true);
  }

  /**
   * Deletes a model's files from the folder of its own, and what has arrived of them. Files that were placed beside that folder stay.
   * @returns the names of the files that were deleted. @throws AppError not_found, invalid_input while it is downloading.
   */
  async remove(id: string): Promise<readonly string[]> {
    const { manifest, state } = await this.get(id);
    if (state === "downloading") {
      throw new AppError("invalid_input", `${manifest.name} is being downloaded. Stop that first, or wait for it.`);
    }
    const folder = join(this.#folder, id);
    const removed: string[] = [];
    for (const { name } of manifest.files) {
      for (const ending of [".partial", ".partial.json"]) await rm(join(folder, name + ending), { force: true });
      const wasThere = await rm(join(folder, name)).then(
        () => true,
        () => false,
      );
      if (wasThere) removed.push(name);
    }
    this.#failures.delete(id);
    // Not when something else lies in it.
    await rmdir(folder).catch(() => {});
    return removed;
  }

  /** Stops what is under way. */
  async close(): Promise<void> {
    const pulls = [...this.#pulls.values()];
    for (const pull of pulls) pull.cancel();
    await Promise.allSettled(pulls.map(({ done }) => done));
  }

  #listed(model: FoundModel, all: readonly FoundModel[]): ListedModel {
    const { manifest, state } = model;
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    const pull = this.#pulls.get(manifest.id);
    if (pull !== undefined) {
      return { manifest, state: "downloading", bytes, downloadedBytes: pull.downloadedBytes, why: null };
    }
    return { manifest, state, bytes, downloadedBytes: null, why: this.#whyNot(model, all) };
  }

  #whyNot({ manifest, state }: FoundModel, all: readonly FoundModel[]): string | null {
    if (state === "installed") return null;
    if (state === "refused") return whyRefused(manifest, all);
    const failure = this.#failures.get(manifest.id);
    if (failure !== undefined) return `The last download failed: ${failure}`;
    if (state === "damaged") return "A file of it has another size or SHA-256 than its manifest says. Pull it again.";
    return `It is not here. Pull it, or put ${manifest.files.map(({ name }) => name).join(", ")} into HARK_MODELS_DIR.`;
  }

  #begin(manifest: ModelManifest, wanted: readonly Source[]): Pull {
    const stopping = new AbortController();
    const bytes = wanted.reduce((sum, file) => sum + file.bytes, 0);
    let finishedBytes = 0;
    let currentBytes = 0;
    const run = async () => {
      for (const file of wanted) {
        const destination = join(this.#folder, manifest.id, file.name);
        await downloadFile(
          { ...file, destination },
          {
            signal: stopping.signal,
            environment: this.#environment,
            onProgress: (present) => {
              currentBytes = present;
            },
          },
        );
        finishedBytes += file.bytes;
        currentBytes = 0;
      }
    };
    this.#failures.delete(manifest.id);
    const done = run()
      .catch((error: unknown) => {
        const failure = toAppError(error);
        if (failure.kind !== "cancelled") this.#failures.set(manifest.id, failure.message);
        throw failure;
      })
      .finally(() => this.#pulls.delete(manifest.id));
    // Whoever asked may have gone.
    done.catch(() => {});
    return {
      manifest,
      bytes,
      done,
      cancel: () => stopping.abort(),
      get downloadedBytes() {
        return finishedBytes + currentBytes;
      },
    };
  }
}

interface Source {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

function sourceOf({ name, url, bytes, sha256 }: CheckedFile["file"]): Source {
  if (url !== null) return { name, url, bytes, sha256 };
  const message = `${name} has no address to get it from. Put it into HARK_MODELS_DIR; it is checked by its hash.`;
  throw new AppError("unavailable", message);
}
