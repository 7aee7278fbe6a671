/** Decodes inside Node, for a machine without FFmpeg: WAV, AIFF, MP3, FLAC, Ogg Vorbis, Ogg Opus. */
import { AppError } from "../errors.ts";
import { parseAiffHeader } from "./aiff-header.ts";
import type { AudioBlock, AudioFormat } from "./audio-format.ts";
import { type AudioSignature, audioSignature, id3Bytes } from "./audio-signature.ts";
import { checkFileSize, checkFormat, limitBlocks, startClock } from "./decode-limits.ts";
import type { AudioSource, DecodeOptions, Decoder, Decoding } from "./decoder.ts";
import { readAt, readChunks } from "./descriptor.ts";
import { findMpegFrame } from "./mpeg-frame.ts";
import { type PcmStream, pcmBlocks } from "./pcm.ts";
import { codecBlocks, openCodec } from "./wasm-stream.ts";
import { parseWavHeader } from "./wav-header.ts";

const HEAD_BYTES = 65_536;
/** Some writers put megabytes of metadata before the samples. */
const MOST_HEADER_BYTES = 64 * 1024 * 1024;
const PCM_CHUNK_BYTES = 262_144;

/** The decoder of a machine without FFmpeg; it chooses by content and reads the file piece by piece. @see Decoder */
export const wasmDecoder: Decoder = { name: "wasm", open };

interface OpenedAudio {
  readonly format: AudioFormat;
  readonly blocks: AsyncIterable<AudioBlock>;
}

interface PcmFile {
  readonly sampleRate: number;
  readonly pcm: PcmStream | null;
  readonly dataStart: number;
  readonly dataBytes: number | null;
}

async function open(source: AudioSource, options: DecodeOptions): Promise<Decoding> {
  checkFileSize(source, options.limits);
  const clock = startClock(options);
  try {
    const start = id3Bytes(await readAt(source.fd, 0, 10));
    const head = await readAt(source.fd, start, HEAD_BYTES);
    const signature = audioSignature(head);
    if (signature === null) throw needsFfmpeg("This file's format");
    const { format, blocks } = await openAudio(source, start, head, signature, clock.signal);
    checkFormat(format, options.limits);
    return { format, blocks: limitBlocks(blocks, format, options.limits, clock), isDamaged: () => false };
  } catch (error) {
    clock.release();
    throw error;
  }
}

async function openAudio(
  source: AudioSource,
  start: number,
  head: Uint8Array,
  signature: AudioSignature,
  signal: AbortSignal,
): Promise<OpenedAudio> {
  if (signature === "wav" || signature === "aiff") {
    const file = await readPcmHeader(source, start, signature === "wav" ? parseWavHeader : parseAiffHeader);
    if (file.pcm !== null) return openPcm(source, start, file, file.pcm, signal);
    if (signature === "aiff") throw needsFfmpeg("The coding inside this AIFF file");
    return streamed(await openCodec(source, start, head, "wav", signal));
  }
  const from = signature === "mp3" ? start + (findMpegFrame(head)?.offset ?? 0) : start;
  return streamed(await openCodec(source, from, head, signature, signal));
}

/** @throws AppError invalid_input when no header with samples after it is found. */
async function readPcmHeader(
  source: AudioSource,
  start: number,
  parse: (bytes: Uint8Array) => PcmFile | null,
): Promise<PcmFile> {
  for (let length = HEAD_BYTES; length <= MOST_HEADER_BYTES; length *= 4) {
    const bytes = await readAt(source.fd, start, length);
    const header = parse(bytes);
    if (header !== null) return header;
    if (bytes.length < length) break;
  }
  const message = "The file begins like audio, but its header is damaged or ends early. Record or export it again.";
  throw new AppError("invalid_input", message);
}

function openPcm(source: AudioSource, start: number, file: PcmFile, pcm: PcmStream, signal: AbortSignal): OpenedAudio {
  const from = start + file.dataStart;
  const to = file.dataBytes === null ? source.sizeBytes : Math.min(source.sizeBytes, from + file.dataBytes);
  const chunks = readChunks(source.fd, from, to, PCM_CHUNK_BYTES, signal);
  const format = { sampleRate: file.sampleRate, channels: pcm.channels };
  return { format, blocks: pcmBlocks(chunks, pcm, file.sampleRate) };
}

function streamed(stream: Awaited<ReturnType<typeof openCodec>>): OpenedAudio {
  return { format: stream.format, blocks: codecBlocks(stream) };
}

/** The error of a format that only FFmpeg decodes. */
function needsFfmpeg(what: string): AppError {
  const message =
    `${what} needs FFmpeg, which was not found. Install it (https://ffmpeg.org/download.html, or \`npm install ffmpeg-static\`) ` +
    "or set FFMPEG_PATH. Without it Hark reads WAV, AIFF, MP3, FLAC, Ogg Vorbis and Ogg Opus.";
  return new AppError("unavailable", message);
}
