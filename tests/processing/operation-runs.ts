/** Running operations on real files, for the tests of this folder. */
import { execFile } from "node:child_process";
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import type { AudioLimits } from "../../src/audio/decoder.ts";
import { selectDecoder } from "../../src/audio/decoder-selection.ts";
import type { Ffmpeg } from "../../src/audio/ffmpeg.ts";
import { probe } from "../../src/audio/probe.ts";
import { type RecordingTags, readRecordingTags } from "../../src/audio/recording-tags.ts";
import { cleanTags } from "../../src/audio/tags.ts";
import type { Operation, OperationContext, SourceFile } from "../../src/processing/operation.ts";
import { type Decoded, decodeAll, ffmpeg, openSource, options } from "../audio/audio-files.ts";

export const LIMITS: AudioLimits = {
  maxFileBytes: 1e9,
  maxDurationSeconds: 3600,
  maxChannels: 8,
  maxDecodeSeconds: 60,
};

const NOTHING = undefined;
const NO_TAGS = cleanTags({
  title: NOTHING,
  artist: NOTHING,
  album: NOTHING,
  albumArtist: NOTHING,
  composer: NOTHING,
  genre: NOTHING,
  year: NOTHING,
  trackNumber: NOTHING,
  bpm: NOTHING,
  key: NOTHING,
  comment: NOTHING,
  encoder: NOTHING,
});

/** The FFmpeg of this machine. @throws where there is none: such tests are skipped before. */
export function presentFfmpeg(): Ffmpeg {
  if (ffmpeg === null) throw new Error("A test that needs FFmpeg was not skipped.");
  return ffmpeg;
}

/** An empty folder that goes with the test. */
export function jobFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hark-processing-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function sourceFile(path: string): Promise<SourceFile> {
  const fd = openSync(path, "r");
  try {
    const source = { fd, path, sizeBytes: fstatSync(fd).size };
    return { path, filename: basename(path), probe: await probe(source, ffmpeg, new AbortController().signal) };
  } finally {
    closeSync(fd);
  }
}

/** A recording that goes with the test; its probe says only what a WAV of any kind is. */
export function writtenSource(content: Uint8Array, filename = "A song.wav"): SourceFile {
  const path = join(jobFolder(), "source.wav");
  writeFileSync(path, content);
  const known = { container: "wav", codec: "pcm_s16le", sampleRateHz: 44_100, channels: 2, bitDepth: 16 };
  return {
    path,
    filename,
    probe: { ...known, durationSeconds: null, bitrateBps: null, lossless: true, tags: NO_TAGS },
  };
}

export function context(changes: Partial<OperationContext> = {}): OperationContext {
  return {
    ffmpeg: presentFfmpeg(),
    limits: LIMITS,
    folder: jobFolder(),
    signal: new AbortController().signal,
    progress: () => {},
    ...changes,
  };
}

export interface Ran {
  readonly value: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly filename: string;
}

/** Runs an operation on a file, with parameters as they come over the wire; the value has passed its schema. */
export async function runOperation(
  operation: Operation,
  path: string,
  parameters: Readonly<Record<string, unknown>>,
  changes: Partial<OperationContext> = {},
): Promise<Ran> {
  const where = context(changes);
  const parsed = operation.input.parse(parameters);
  const { value, files } = await operation.run(await sourceFile(path), parsed, where);
  const [file] = files;
  if (file === undefined) throw new Error("The operation gave no file.");
  return { value: operation.output.strict().parse(value), path: file.path, filename: file.filename };
}

/** All samples of a file, `[channel][sample]`. */
export async function samplesOf(path: string): Promise<Decoded> {
  return await decodeAll(selectDecoder(presentFfmpeg()), openSource(path), options({ maxDecodeSeconds: 60 }));
}

export async function tagsOf(path: string): Promise<RecordingTags> {
  return await readRecordingTags(openSource(path), new AbortController().signal, ffmpeg);
}

/** Loudness and true peak by FFmpeg's own meter, unrounded. */
export async function ffmpegLoudness(path: string): Promise<{ readonly lufs: number; readonly truePeakDbtp: number }> {
  const filter = "ebur128=peak=true:metadata=1,ametadata=mode=print:file=-";
  const args = ["-nostdin", "-v", "error", "-i", path, "-map", "0:a:0", "-af", filter, "-f", "null", "-"];
  const { stdout } = await promisify(execFile)(presentFfmpeg().path, args, { maxBuffer: 1e9 });
  const last = (name: RegExp) => Array.from(stdout.matchAll(name), (match) => Number(match[1]));
  const peaks = last(/lavfi\.r128\.true_peaks_ch\d+=(\S+)/g);
  return {
    lufs: last(/lavfi\.r128\.I=(\S+)/g).at(-1) ?? Number.NaN,
    truePeakDbtp: 20 * Math.log10(Math.max(...peaks)),
  };
}
