/** The models that a server is set to are those that its jobs use. */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LicenceScope, ModelManifest } from "../../src/models/manifest.ts";
import { separateStems } from "../../src/processing/separate-stems.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { spleeterNetwork } from "../processing/small-networks.ts";
import { finished, openJobBench, submit } from "./job-bench.ts";

const bench = await openJobBench();
const folder = join(bench.home, "weights");
const STEMS = ["vocals", "drums", "bass", "other"];

/** A small network in the place of Spleeter, with a manifest of the user's. */
function install(scope: LicenceScope): void {
  mkdirSync(folder, { recursive: true });
  const networks = STEMS.map((role, seed) => ({ role, name: `${role}.onnx`, content: spleeterNetwork(seed) }));
  for (const { name, content } of networks) writeFileSync(join(folder, name), content);
  const manifest: ModelManifest = {
    id: "small-spleeter",
    name: "Small Spleeter",
    task: "separate_stems",
    engine: "spleeter",
    files: networks.map(({ role, name, content }) => {
      return {
        role,
        name,
        bytes: content.length,
        sha256: createHash("sha256").update(content).digest("hex"),
        url: null,
      };
    }),
    licence: { name: scope, scope, note: "", source: "https://example.com/" },
    cost: { cpu_seconds_per_audio_second: null, peak_memory_bytes: null },
    quality: "none",
  };
  writeFileSync(join(folder, "small-spleeter.json"), JSON.stringify(manifest));
}

describe.skipIf(ffmpeg === null || !hasOnnxRuntime)(`separate_stems as a job${ffmpegNote}${onnxNote}`, () => {
  const separate = async (path: string, own: Readonly<Record<string, string>>) => {
    const list = { list: [separateStems], module: new URL("../../src/processing/registry.ts", import.meta.url).href };
    const application = bench.open({ HARK_MODELS_DIR: folder, ...own }, { operations: list });
    const { job, created } = await submit(application, separateStems, path);
    const { status, result, error } = await finished(application.jobs, job);
    expect({ status, error }).toEqual({ status: "done", error: null });
    await application.jobs.close();
    return { created, id: job.id, engine: result?.engine, model: result?.model };
  };

  test("uses a model that was put there, and does again what was done without it", async () => {
    const recording = await bench.writeRecording("song.wav", 2);
    rmSync(folder, { recursive: true, force: true });
    const without = await separate(recording, {});
    expect(without).toMatchObject({ created: true, engine: "classic", model: null });
    expect(await separate(recording, {})).toMatchObject({ created: false, id: without.id });
    install("permissive");
    const better = await separate(recording, {});
    expect(better).toMatchObject({ created: true, engine: "spleeter", model: { id: "small-spleeter" } });
  });

  test("uses weights for research only where HARK_MODEL_LICENCES allows them", async () => {
    install("research");
    const recording = await bench.writeRecording("other-song.wav", 3);
    expect(await separate(recording, {})).toMatchObject({ engine: "classic" });
    const allowed = await separate(recording, { HARK_MODEL_LICENCES: "permissive,research" });
    expect(allowed).toMatchObject({ engine: "spleeter", model: { licence_scope: "research" } });
  });
});
