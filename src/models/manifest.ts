/** The contract of a model's manifest: what it is for, its files, whose they are and what they cost. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "../errors.ts";

const MODEL_MANIFEST = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  name: z.string(),
  task: z.string(),
  /** Which engine of the task runs it; the engine knows the inputs and outputs, and checks the file's own against them. */
  engine: z.string(),
  /** Of which kind the network is, where the engine runs several: `whisper`, `nemo_ctc`. */
  contract: z.string().optional(),
  /** ISO 639-1; left out where the model knows most. */
  languages: z
    .array(z.string().regex(/^[a-z]{2,3}$/))
    .min(1)
    .optional(),
  files: z
    .array(
      z.strictObject({
        /** What the engine asks for it as: a stem's name, `all`. */
        role: z.string(),
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
        bytes: z.number().int().positive(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        /** Of one revision, never of a branch; null where it has to be placed by hand. */
        url: z.url().nullable(),
      }),
    )
    .min(1),
  /** Of the weights, which is often another than the code's. */
  licence: z.strictObject({
    name: z.string(),
    scope: z.enum(["permissive", "research"]),
    note: z.string(),
    source: z.url(),
  }),
  cost: z.strictObject({
    cpu_seconds_per_audio_second: z.number().positive().nullable(),
    peak_memory_bytes: z.number().int().positive().nullable(),
  }),
  /** A measured figure, where and on what it was measured. */
  quality: z.string(),
});

export type ModelManifest = z.output<typeof MODEL_MANIFEST>;
export type LicenceScope = ModelManifest["licence"]["scope"];

/**
 * The manifests in a folder, one a file (`*.json`), by file name; none where there is no such folder.
 * @throws AppError invalid_input when a file is not a manifest.
 */
export async function readManifests(folder: string): Promise<readonly ModelManifest[]> {
  const names = await readdir(folder).catch(() => []);
  const found = names.filter((name) => name.endsWith(".json")).sort();
  return Promise.all(found.map((name) => readManifest(join(folder, name), name)));
}

async function readManifest(path: string, name: string): Promise<ModelManifest> {
  try {
    return MODEL_MANIFEST.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? `: ${z.prettifyError(cause)}` : ", because it is no JSON";
    throw new AppError("invalid_input", `The model manifest ${name} cannot be used${problem}`, { cause });
  }
}
