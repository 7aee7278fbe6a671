/** The contract of a model's manifest: what it is for, its files, whose they are and what they cost. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const ISSUES_SHOWN = 3;

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

export interface ReadManifests {
  readonly manifests: readonly ModelManifest[];
  /** What is wrong with the files that are none; people keep other JSON beside their models too. */
  readonly problems: readonly string[];
}

/** The manifests in a folder, one a file (`*.json`), by file name; none where there is no such folder. */
export async function readManifests(folder: string): Promise<ReadManifests> {
  const names = await readdir(folder).catch(() => []);
  const found = names.filter((name) => name.endsWith(".json")).sort();
  const read = await Promise.all(found.map((name) => readManifest(join(folder, name), name)));
  return {
    manifests: read.filter((one) => typeof one !== "string"),
    problems: read.filter((one) => typeof one === "string"),
  };
}

/** The manifest, or what is wrong with it. */
async function readManifest(path: string, name: string): Promise<ModelManifest | string> {
  try {
    return MODEL_MANIFEST.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    const what = error instanceof z.ZodError ? issuesOf(error) : "it is no JSON";
    return `${name} is not used as a model's manifest: ${what}. Correct it (docs/models.md), or move it elsewhere.`;
  }
}

function issuesOf({ issues }: z.ZodError): string {
  const shown = issues
    .slice(0, ISSUES_SHOWN)
    .map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  return shown.join("; ");
}
