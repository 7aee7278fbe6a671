/** A compressed file through a streaming codec: bytes in chunks, pieces of any length out, blocks of one length. */
import { AppError } from "../errors.ts";
import type { AudioBlock, AudioFormat } from "./audio-format.ts";
import type { AudioSignature } from "./audio-signature.ts";
import { blockLength } from "./block-length.ts";
import { noSamplesError } from "./decode-limits.ts";
import type { AudioSource } from "./decoder.ts";
import { readChunks } from "./descriptor.ts";
import { type DecodedPiece, type StreamingCodec, WASM_CODECS } from "./wasm-codecs.ts";

/** Small, because a few bytes of coded silence can decode to megabytes, and a codec returns them all at once. */
const CHUNK_BYTES = 8192;

/** A codec that has given its first samples, which tell the format. */
export interface CodecStream {
  readonly format: AudioFormat;
  readonly first: DecodedPiece;
  readonly rest: AsyncIterator<DecodedPiece>;
}

/**
 * Opens the codec of a signature and decodes up to the first samples.
 * @throws AppError invalid_input when there are none.
 */
export async function openCodec(
  source: AudioSource,
  start: number,
  head: Uint8Array,
  signature: Exclude<AudioSignature, "aiff">,
  signal: AbortSignal,
): Promise<CodecStream> {
  const codec = await WASM_CODECS[signature](head);
  const chunks = readChunks(source.fd, start, source.sizeBytes, CHUNK_BYTES, signal);
  const rest = decodePieces(codec, chunks);
  const { value, done } = await rest.next();
  if (done === true) throw noSamplesError();
  return { format: { sampleRate: value.sampleRate, channels: value.channelData.length }, first: value, rest };
}

/** Pieces with samples. A codec that fails after its first samples has met damage: what it gave is the result. */
async function* decodePieces(codec: StreamingCodec, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<DecodedPiece> {
  let decoded = false;
  try {
    for await (const chunk of chunks) {
      const piece = attempt(() => codec.decode(chunk), decoded);
      if (piece === null) return;
      if (!hasSamples(piece)) continue;
      decoded = true;
      yield piece;
    }
    yield* (attempt(() => codec.flush(), decoded) ?? []).filter(hasSamples);
  } finally {
    codec.free();
  }
}

function attempt<Result>(decode: () => Result, decoded: boolean): Result | null {
  try {
    return decode();
  } catch (cause) {
    if (decoded) return null;
    const message = "The file cannot be decoded: it is damaged or not quite the format it begins as. Export it again.";
    throw new AppError("invalid_input", message, { cause });
  }
}

function hasSamples(piece: DecodedPiece): boolean {
  return (piece.channelData[0]?.length ?? 0) > 0;
}

/**
 * Blocks of `blockLength`. The arrays of a block are used again for the next one.
 * @throws AppError unavailable when the file changes its rate or channels midway, which FFmpeg can convert.
 */
export async function* codecBlocks({ format, first, rest }: CodecStream): AsyncGenerator<AudioBlock> {
  const length = blockLength(format.sampleRate);
  const planar = Array.from({ length: format.channels }, () => new Float32Array(length));
  let filled = 0;
  try {
    for (let piece: DecodedPiece | null = first; piece !== null; piece = await nextPiece(rest)) {
      checkSameFormat(piece, format);
      const samples = piece.channelData[0]?.length ?? 0;
      for (let taken = 0; taken < samples; ) {
        const count = Math.min(samples - taken, length - filled);
        for (const [channel, target] of planar.entries()) {
          const from = piece.channelData[channel];
          if (from !== undefined) target.set(from.subarray(taken, taken + count), filled);
        }
        taken += count;
        filled += count;
        if (filled < length) break;
        yield { channels: planar, length };
        filled = 0;
      }
    }
    if (filled > 0) yield { channels: planar.map((samples) => samples.subarray(0, filled)), length: filled };
  } finally {
    await rest.return?.();
  }
}

async function nextPiece(pieces: AsyncIterator<DecodedPiece>): Promise<DecodedPiece | null> {
  const { value, done } = await pieces.next();
  return done === true ? null : value;
}

function checkSameFormat(piece: DecodedPiece, format: AudioFormat): void {
  if (piece.sampleRate === format.sampleRate && piece.channelData.length === format.channels) return;
  const message =
    "The audio changes its sample rate or channels midway, which only FFmpeg can convert. Install FFmpeg or set FFMPEG_PATH.";
  throw new AppError("unavailable", message);
}
