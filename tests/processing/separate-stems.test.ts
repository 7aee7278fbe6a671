/** The operation from a file to files: formats, lengths, rates, measures, choices, cancelling. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseWavHeader } from "../../src/audio/wav-header.ts";
import type { LicenceScope, ModelManifest } from "../../src/models/manifest.ts";
import { openModelLibrary } from "../../src/models/model-library.ts";
import type { SourceFile } from "../../src/processing/operation.ts";
import { separateStems } from "../../src/processing/separate-stems.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { context, jobFolder, sourceFile } from "./operation-runs.ts";
import { spleeterNetwork, waveformNetwork } from "./small-networks.ts";

const parameters = separateStems.input.parse({});

/** A bass at 80 Hz and a lead at 880 Hz in the middle, a chord on one side, clicks. */
function song(sampleRate: number, seconds: number): Float32Array[] {
  const length = Math.round(sampleRate * seconds);
  const bass = sine(80, sampleRate, length, 0.2);
  const lead = sine(880, sampleRate, length, 0.2);
  const side = sine(523.25, sampleRate, length, 0.1);
  const hiss = noise(length, 4, 0.5);
  const drums = hiss.map((value, n) => (n % Math.round(sampleRate / 2) < 60 ? value : 0));
  const middle = bass.map((value, n) => value + lead[n] + drums[n]);
  return [middle.map((value, n) => value + side[n]), middle];
}

function decodeFloats(path: string): { channels: Float32Array[]; sampleRate: number } {
  const bytes = readFileSync(path);
  const header = parseWavHeader(bytes);
  if (header?.pcm?.encoding !== "f32") throw new Error("not a float WAV file");
  const samples = new Float32Array(Uint8Array.from(bytes.subarray(header.dataStart)).buffer);
  const channels = Array.from({ length: header.channels }, (_, channel) => {
    return samples.filter((_, index) => index % header.channels === channel);
  });
  return { channels, sampleRate: header.sampleRate };
}

/** A recording that goes with the test. The probe is a song's, whatever the content is. */
async function recording(content: Uint8Array, filename = "A song.wav"): Promise<SourceFile> {
  const path = join(jobFolder(), "source.wav");
  writeFileSync(path, wavFile(song(44_100, 1), 44_100));
  const { probe } = await sourceFile(path);
  writeFileSync(path, content);
  return { path, filename, probe };
}

/** A folder of models with the manifests of small networks. */
function modelLibrary(licences: readonly LicenceScope[], damage = false) {
  const folder = mkdtempSync(join(tmpdir(), "hark-models-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const add = (id: string, engine: string, scope: LicenceScope, files: ReadonlyMap<string, Buffer>) => {
    const manifest: ModelManifest = {
      id,
      name: `Test ${engine}`,
      task: "separate_stems",
      engine,
      files: [...files].map(([role, bytes]) => ({
        role,
        name: `${id}-${role}.onnx`,
        bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
        url: null,
      })),
      licence: { name: scope, scope, note: "", source: "https://example.com/" },
      cost: { cpu_seconds_per_audio_second: null, peak_memory_bytes: null },
      quality: "none",
    };
    writeFileSync(join(folder, `${id}.json`), JSON.stringify(manifest));
    for (const [role, bytes] of files) {
      writeFileSync(join(folder, `${id}-${role}.onnx`), damage ? Buffer.from(bytes).fill(1, 0, 4) : bytes);
    }
  };
  const roles = ["vocals", "drums", "bass", "other"];
  add("small-spleeter", "spleeter", "permissive", new Map(roles.map((role, seed) => [role, spleeterNetwork(seed)])));
  add("small-demucs", "htdemucs", "research", new Map([["all", waveformNetwork(0)]]));
  return openModelLibrary({ manifestFolders: [folder], modelsFolder: folder, licences: new Set(licences) });
}

describe.skipIf(ffmpeg === null)(`without a model${ffmpegNote}`, () => {
  test.each([
    [44_100, 2, 7.03],
    [48_000, 1, 2],
    [22_050, 2, 1.5],
    [96_000, 2, 1],
    [8000, 1, 0.01],
  ])(
    "gives stems at %i Hz with %i channels that add up to the recording and are as long",
    async (rate, count, seconds) => {
      const mixture = song(rate, seconds).slice(0, count);
      const shares: (number | null)[] = [];
      const where = context({ progress: (share) => shares.push(share) });
      const source = await recording(wavFile(mixture, rate, "float32"));
      const { value, files } = await separateStems.run(source, { ...parameters, sample_format: "float32" }, where);
      expect(files.map(({ role }) => role)).toEqual(["vocals", "drums", "bass", "other"]);
      const stems = files.map(({ path }) => decodeFloats(path));
      for (const stem of stems) {
        expect(stem.sampleRate).toBe(rate);
        expect(stem.channels.map(({ length }) => length)).toEqual(mixture.map(({ length }) => length));
      }
      for (const [channel, samples] of mixture.entries()) {
        const worst = samples.reduce((most, sample, n) => {
          return Math.max(most, Math.abs(stems.reduce((sum, stem) => sum + stem.channels[channel][n], 0) - sample));
        }, 0);
        expect(worst).toBeLessThan(1e-6);
      }
      expect(value).toMatchObject({ engine: "classic", model: null, sample_rate_hz: rate, channels: count });
      expect(value.residual_db).toBeLessThan(-100);
      expect(separateStems.output.parse(value)).toEqual(value);
      expect(shares.at(-1)).toBe(1);
      expect(shares).toEqual([...shares].sort((a, b) => Number(a) - Number(b)));
    },
  );

  test("puts bass, lead, side and clicks where they belong", async () => {
    const [left, right] = song(44_100, 8);
    const source = await recording(wavFile([left, right], 44_100, "float32"));
    const { value } = await separateStems.run(source, parameters, context());
    const share = new Map(value.stems.map((stem) => [stem.stem, stem.energy_share ?? 0]));
    // Energies: bass and lead 0.04 in two channels, the side 0.01 in one.
    expect(share.get("bass")).toBeCloseTo(0.46, 1);
    expect(share.get("vocals")).toBeCloseTo(0.46, 1);
    expect(share.get("other")).toBeGreaterThan(0.03);
    for (const stem of value.stems) expect(stem.bleed_estimate).toBeLessThan(0.5);
  });

  test("writes 24-bit WAV files by default, and FLAC and 16 bits when asked", async () => {
    const source = await recording(wavFile(song(44_100, 1), 44_100), "A/B: song?.wav");
    const wav = await separateStems.run(source, parameters, context());
    expect(parseWavHeader(readFileSync(wav.files[0].path))?.pcm?.encoding).toBe("s24");
    expect(wav.files[0]).toMatchObject({ filename: "B_ song_ - vocals.wav", mimeType: "audio/wav" });
    const where = context();
    const flac = await separateStems.run(source, { ...parameters, format: "flac", sample_format: "pcm16" }, where);
    expect(readFileSync(flac.files[0].path).subarray(0, 4).toString()).toBe("fLaC");
    expect(readdirSync(where.folder).sort()).toEqual(["bass.flac", "drums.flac", "other.flac", "vocals.flac"]);
    await expect(
      separateStems.run(source, { ...parameters, format: "flac", sample_format: "float32" }, context()),
    ).rejects.toMatchObject({ kind: "invalid_input" });
  });

  test("mixes more channels down to two, and says so", async () => {
    const [left, right] = song(44_100, 1);
    const surround = [left, right, sine(300, 44_100, left.length), left, right, left];
    const { value } = await separateStems.run(await recording(wavFile(surround, 44_100)), parameters, context());
    expect(value.channels).toBe(2);
    expect(value.notes.join(" ")).toContain("6 channels were mixed down");
  });

  test("takes silence, and samples that are no numbers, as silence", async () => {
    const silence = [new Float32Array(44_100), new Float32Array(44_100).fill(Number.NaN, 5, 9)];
    const { value } = await separateStems.run(
      await recording(wavFile(silence, 44_100, "float32")),
      parameters,
      context(),
    );
    expect(value.residual_db).toBeNull();
    for (const stem of value.stems)
      expect(stem).toMatchObject({ rms_dbfs: null, energy_share: null, bleed_estimate: null });
  });

  test("counts what had to be clipped", async () => {
    const loud = song(44_100, 1).map((samples) => samples.map((sample) => sample * 8));
    const { value } = await separateStems.run(await recording(wavFile(loud, 44_100, "float32")), parameters, context());
    expect(value.stems.reduce((sum, stem) => sum + stem.clipped_samples, 0)).toBeGreaterThan(1000);
    expect(value.notes.join(" ")).toContain("float32");
  });

  test("stops within two seconds when it is cancelled, and leaves no process behind", async () => {
    const stopping = new AbortController();
    let abortedAt = 0;
    const progress = (share: number | null) => {
      if (share === null || share < 0.1 || stopping.signal.aborted) return;
      abortedAt = performance.now();
      stopping.abort();
    };
    const where = context({ signal: stopping.signal, progress });
    const source = await recording(wavFile(song(44_100, 60), 44_100));
    await expect(separateStems.run(source, parameters, where)).rejects.toMatchObject({ kind: "cancelled" });
    expect(performance.now() - abortedAt).toBeLessThan(2000);
  });

  test("refuses a file that holds no audio", async () => {
    const run = separateStems.run(await recording(Buffer.from("no audio at all")), parameters, context());
    await expect(run).rejects.toMatchObject({ kind: "invalid_input" });
  });
});

describe.skipIf(ffmpeg === null || !hasOnnxRuntime)(`with models${ffmpegNote}${onnxNote}`, () => {
  const mixture = song(48_000, 1.3);

  test("auto takes the best that the licence policy allows", async () => {
    const source = await recording(wavFile(mixture, 48_000));
    const where = context({ models: modelLibrary(["permissive"]) });
    const { value, files } = await separateStems.run(source, parameters, where);
    expect(value).toMatchObject({ engine: "spleeter", model: { id: "small-spleeter", licence_scope: "permissive" } });
    expect(value.notes.join(" ")).toContain("Test htdemucs was passed over: its licence (research)");
    const lengths = files.map(({ path }) => parseWavHeader(readFileSync(path))?.dataBytes);
    expect(new Set(lengths)).toEqual(new Set([mixture[0].length * 6]));
    // The test song holds next to nothing above what 44.1 kHz can hold, but for its clicks.
    expect(value.residual_db).toBeLessThan(-25);
  });

  test("research weights are used when they are allowed", async () => {
    const source = await recording(wavFile(mixture.slice(0, 1), 48_000));
    const where = context({ models: modelLibrary(["permissive", "research"]) });
    const { value } = await separateStems.run(source, parameters, where);
    expect(value).toMatchObject({ engine: "htdemucs", channels: 1, model: { licence: "research" } });
    expect(value.notes.join(" ")).toContain("do not add up");
  });

  test("an engine that was named is used or refused, never replaced", async () => {
    const source = await recording(wavFile(mixture, 48_000));
    const run = (engine: typeof parameters.engine, models = modelLibrary(["permissive"])) =>
      separateStems.run(source, { ...parameters, engine }, context({ models }));
    await expect(run("htdemucs")).rejects.toMatchObject({ kind: "forbidden" });
    await expect(run("mdx")).rejects.toMatchObject({ kind: "unavailable" });
    await expect(run("spleeter", modelLibrary(["permissive"], true))).rejects.toMatchObject({ kind: "unavailable" });
  });

  test("stops within two seconds when it is cancelled", async () => {
    const stopping = new AbortController();
    let abortedAt = 0;
    const progress = (share: number | null) => {
      if (share === null || share <= 0 || stopping.signal.aborted) return;
      abortedAt = performance.now();
      // Into the run of the next segment.
      setTimeout(() => stopping.abort(), 50);
    };
    const models = modelLibrary(["permissive"]);
    const where = context({ models, signal: stopping.signal, progress });
    const source = await recording(wavFile(song(44_100, 60), 44_100));
    const run = separateStems.run(source, { ...parameters, engine: "spleeter" }, where);
    await expect(run).rejects.toMatchObject({ kind: "cancelled" });
    expect(abortedAt).toBeGreaterThan(0);
    expect(performance.now() - abortedAt).toBeLessThan(2000);
  });

  test("auto passes over a damaged model, and says so", async () => {
    const where = context({ models: modelLibrary(["permissive"], true) });
    const { value } = await separateStems.run(await recording(wavFile(mixture, 48_000)), parameters, where);
    expect(value.engine).toBe("classic");
    expect(value.notes.join(" ")).toContain("another size or hash");
  });
});
