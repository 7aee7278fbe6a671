/** A model of a few bytes with a manifest of its own, in a folder of models. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const CONTENT = Buffer.alloc(200_000, "weights of a model ");

/** An empty folder, removed with its test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hark-models-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes the manifest of a model with one file of CONTENT, at this server or to be placed by hand. */
export function addManifest(folder: string, server: string | null, changes: object = {}): void {
  const manifest = {
    id: "small",
    name: "Small",
    task: "separate_stems",
    engine: "spleeter",
    files: [
      {
        role: "all",
        name: "small.onnx",
        bytes: CONTENT.length,
        sha256: createHash("sha256").update(CONTENT).digest("hex"),
        url: server === null ? null : `${server}/small.onnx`,
      },
    ],
    licence: { name: "MIT", scope: "permissive", note: "By its README.", source: "https://example.com/" },
    cost: { cpu_seconds_per_audio_second: null, peak_memory_bytes: null },
    quality: "none",
    ...changes,
  };
  writeFileSync(join(folder, `${manifest.id}.json`), JSON.stringify(manifest));
}

export const RESEARCH = {
  licence: { name: "research only", scope: "research", note: "", source: "https://example.com/" },
};
