/** Writes a WAV file of any length: RIFF, and RF64 (EBU Tech 3306) where it grows beyond 4 GB. */
import { type FileHandle, open } from "node:fs/promises";
import type { AudioBlock, AudioFormat } from "./audio-format.ts";

export type WavSampleFormat = "pcm16" | "pcm24" | "float32";

export interface WavWriter {
  write(block: AudioBlock): Promise<void>;
  /** Completes the header. Without it the file is of no use. */
  finish(): Promise<void>;
  /** Releases the file; harmless after `finish`. */
  close(): Promise<void>;
  /** Samples, over all channels, that were beyond full scale and were set to it. Float samples are not limited. */
  readonly clippedCount: number;
}

const BYTES: Readonly<Record<WavSampleFormat, number>> = { pcm16: 2, pcm24: 3, float32: 4 };
const PCM_TAG = 1;
const FLOAT_TAG = 3;
/** RIFF head, room for `ds64` (as `JUNK` until it is needed), `fmt ` and the head of `data`. */
const HEADER_BYTES = 12 + 36 + 24 + 8;
const MAX_RIFF_BYTES = 0xffffffff;

/** Opens a file, which must not exist yet. Integer samples are rounded, without dither. @throws the system's error (ENOSPC, EEXIST). */
export async function openWavWriter(
  path: string,
  format: AudioFormat,
  sampleFormat: WavSampleFormat,
): Promise<WavWriter> {
  const file = await open(path, "wx");
  let dataBytes = 0;
  let clippedCount = 0;
  let isOpen = true;
  await writeAll(file, header(format, sampleFormat, 0), 0);

  async function close(): Promise<void> {
    if (!isOpen) return;
    isOpen = false;
    await file.close();
  }

  return {
    async write({ channels, length }) {
      const width = BYTES[sampleFormat];
      const bytes = Buffer.allocUnsafe(length * channels.length * width);
      for (const [channel, samples] of channels.entries()) {
        clippedCount += encode(samples, length, bytes, channel * width, channels.length * width, sampleFormat);
      }
      await writeAll(file, bytes, HEADER_BYTES + dataBytes);
      dataBytes += bytes.length;
    },
    async finish() {
      // Chunks begin at even places.
      if (dataBytes % 2 === 1) await writeAll(file, Buffer.alloc(1), HEADER_BYTES + dataBytes);
      await writeAll(file, header(format, sampleFormat, dataBytes), 0);
      await close();
    },
    close,
    get clippedCount() {
      return clippedCount;
    },
  };
}

/** A write may stop short, as when the disk is full; then the next one says why. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** Gives how many samples were beyond full scale. */
function encode(
  samples: Float32Array,
  length: number,
  target: Buffer,
  offset: number,
  step: number,
  sampleFormat: WavSampleFormat,
): number {
  if (sampleFormat === "float32") {
    for (let n = 0, at = offset; n < length; n++, at += step) target.writeFloatLE(samples[n], at);
    return 0;
  }
  const width = BYTES[sampleFormat];
  const fullScale = 2 ** (8 * width - 1);
  let clipped = 0;
  for (let n = 0, at = offset; n < length; n++, at += step) {
    const code = Math.round(samples[n] * fullScale);
    const limited = Math.max(-fullScale, Math.min(fullScale - 1, code));
    // One code above the greatest is full scale itself.
    if (limited !== code && code !== fullScale) clipped++;
    target[at] = limited & 0xff;
    target[at + 1] = (limited >> 8) & 0xff;
    if (width === 3) target[at + 2] = (limited >> 16) & 0xff;
  }
  return clipped;
}

function header({ sampleRate, channels }: AudioFormat, sampleFormat: WavSampleFormat, dataBytes: number): Buffer {
  const width = BYTES[sampleFormat];
  const riffBytes = HEADER_BYTES - 8 + dataBytes + (dataBytes % 2);
  const isLarge = riffBytes > MAX_RIFF_BYTES;
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(isLarge ? "RF64" : "RIFF", 0, "latin1");
  bytes.writeUInt32LE(isLarge ? MAX_RIFF_BYTES : riffBytes, 4);
  bytes.write(isLarge ? "WAVEds64" : "WAVEJUNK", 8, "latin1");
  bytes.writeUInt32LE(28, 16);
  if (isLarge) {
    bytes.writeBigUInt64LE(BigInt(riffBytes), 20);
    bytes.writeBigUInt64LE(BigInt(dataBytes), 28);
    bytes.writeBigUInt64LE(BigInt(dataBytes / (channels * width)), 36);
  }
  bytes.write("fmt ", 48, "latin1");
  bytes.writeUInt32LE(16, 52);
  bytes.writeUInt16LE(sampleFormat === "float32" ? FLOAT_TAG : PCM_TAG, 56);
  bytes.writeUInt16LE(channels, 58);
  bytes.writeUInt32LE(sampleRate, 60);
  bytes.writeUInt32LE(sampleRate * channels * width, 64);
  bytes.writeUInt16LE(channels * width, 68);
  bytes.writeUInt16LE(8 * width, 70);
  bytes.write("data", 72, "latin1");
  bytes.writeUInt32LE(isLarge ? MAX_RIFF_BYTES : dataBytes, 76);
  return bytes;
}
