/** Files on disk for the tests of this folder, and what they need to read them. */
import { execFile } from "node:child_process";
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import type { AudioLimits, AudioSource, DecodeOptions, Decoder } from "../../src/audio/decoder.ts";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";

/** The FFmpeg of this machine, or null: then what needs it is skipped, except in CI. */
export const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH ?? null);
if (ffmpeg === null && process.env.CI === "true") throw new Error("CI needs FFmpeg: install it.");
export const ffmpegNote = ffmpeg === null ? " (skipped: no FFmpeg)" : "";

const LIMITS: AudioLimits = {
  maxFileBytes: 1e9,
  maxDurationSeconds: 3600,
  maxChannels: 8,
  maxDecodeSeconds: 20,
};

export function options(changes: Partial<AudioLimits> = {}, signal = new AbortController().signal): DecodeOptions {
  return { limits: { ...LIMITS, ...changes }, signal };
}

/** A new folder that goes with the test. */
function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hark-audio-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file that goes with the test. */
export function writeTestFile(name: string, content: Uint8Array | string): string {
  const path = join(testFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** Opens a file; it is closed after the test, which fails if something else has closed it. */
export function openSource(path: string): AudioSource {
  const fd = openSync(path, "r");
  onTestFinished(() => closeSync(fd));
  return { fd, path, sizeBytes: fstatSync(fd).size };
}

/** Encodes a file with FFmpeg into another in the same folder. */
export async function encode(input: string, name: string, ...args: string[]): Promise<string> {
  if (ffmpeg === null) throw new Error("encode was called without FFmpeg.");
  const output = join(testFolder(), name);
  await promisify(execFile)(ffmpeg.path, ["-nostdin", "-v", "error", "-i", input, ...args, output]);
  return output;
}

export interface Decoded {
  readonly sampleRate: number;
  /** `[channel][sample]` */
  readonly channels: readonly Float32Array[];
  readonly blockLengths: readonly number[];
}

/** Decodes everything into memory. */
export async function decodeAll(decoder: Decoder, source: AudioSource, how = options()): Promise<Decoded> {
  const { format, blocks } = await decoder.open(source, how);
  const parts: Float32Array[][] = Array.from({ length: format.channels }, () => []);
  const blockLengths: number[] = [];
  for await (const block of blocks) {
    blockLengths.push(block.length);
    for (const [channel, samples] of block.channels.entries()) parts[channel]?.push(samples.slice());
  }
  return { sampleRate: format.sampleRate, channels: parts.map(joined), blockLengths };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** The largest absolute difference of two signals of the same length; NaN never counts as equal. */
export function largestDifference(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b === undefined || a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let n = 0; n < a.length; n++) {
    const difference = Math.abs((a[n] ?? 0) - (b[n] ?? 0));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
