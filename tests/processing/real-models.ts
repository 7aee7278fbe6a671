/** The real weights and recordings that lie beside a clone of the project; what needs them is skipped without. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { openModelLibrary } from "../../src/models/model-library.ts";

const SHARED = join(import.meta.dirname, "../../../shared");
export const MODELS = process.env.HARK_MODELS_DIR ?? join(SHARED, "models");
const DEVSET = join(SHARED, "devset");

/** Hark's own manifests over the real files. */
export const realModels = openModelLibrary({
  manifestFolders: [join(import.meta.dirname, "../../config/models")],
  modelsFolder: MODELS,
  licences: new Set(["permissive"]),
});

/** Whether a file of weights and the recordings are there. */
export function hasReal(weights: string): boolean {
  return existsSync(join(MODELS, weights)) && existsSync(DEVSET);
}

export const hasDevset = existsSync(DEVSET);

/** For the names of tests. */
export function realNote(weights: string): string {
  return hasReal(weights) ? "" : ` (skipped: no ../shared/models/${weights} or no ../shared/devset)`;
}

export function devsetPath(file: string): string {
  return join(DEVSET, file);
}

/** A recording of the development set as mono float samples at a rate. */
export async function devsetMono(file: string, sampleRate: number): Promise<Float32Array> {
  return decodedMono(devsetPath(file), sampleRate);
}

/** A file as mono float samples at a rate, by FFmpeg. */
export async function decodedMono(path: string, sampleRate: number): Promise<Float32Array> {
  const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH ?? null);
  if (ffmpeg === null) throw new Error("decodedMono was called without FFmpeg.");
  const args = ["-v", "error", "-i", path, "-ac", "1", "-ar", String(sampleRate), "-f", "f32le", "-"];
  const bytes = execFileSync(ffmpeg.path, args, { maxBuffer: 1e9 });
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
