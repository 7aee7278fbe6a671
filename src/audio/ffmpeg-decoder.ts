/** Decodes through FFmpeg: one process a decode, which tells the format and the samples through one pipe. */
import { AppError } from "../errors.ts";
import type { AudioFormat } from "./audio-format.ts";
import { checkFileSize, checkFormat, limitBlocks, noSamplesError, startClock } from "./decode-limits.ts";
import type { AudioSource, DecodeOptions, Decoder, Decoding } from "./decoder.ts";
import type { Ffmpeg } from "./ffmpeg.ts";
import { type FfmpegExit, type FfmpegProcess, ffmpegInput, startFfmpeg, wasStopped } from "./ffmpeg-process.ts";
import { type PcmStream, pcmBlocks } from "./pcm.ts";
import { parseWavHeader } from "./wav-header.ts";

/** FFmpeg's own WAV header has under 100 bytes; a pipe that holds none after this many is not one. */
const HEADER_BYTES = 4096;

/**
 * The decoder of a machine that has FFmpeg: every format FFmpeg reads from one file, recognised by content. A file that
 * breaks off, or has damaged stretches, gives what FFmpeg can decode of it. @see Decoder
 */
export function ffmpegDecoder(ffmpeg: Ffmpeg): Decoder {
  return { name: "ffmpeg", open: (source, options) => open(ffmpeg, source, options) };
}

interface OpenedStream {
  readonly format: AudioFormat;
  readonly pcm: PcmStream;
  /** Samples that came with the header. */
  readonly first: Uint8Array;
  readonly rest: AsyncIterator<Uint8Array>;
}

async function open(ffmpeg: Ffmpeg, source: AudioSource, options: DecodeOptions): Promise<Decoding> {
  checkFileSize(source, options.limits);
  const clock = startClock(options);
  let child: FfmpegProcess | null = null;
  try {
    child = startFfmpeg(ffmpeg, decodeArguments(source), source, clock.signal);
    const stream = await readHeader(child, clock.signal);
    checkFormat(stream.format, options.limits);
    const chunks = readChunks(child, stream, clock.signal);
    const blocks = pcmBlocks(chunks, stream.pcm, stream.format.sampleRate);
    let isDamaged = false;
    child.exit.then(({ code, stderr }) => {
      isDamaged = code !== 0 || stderr !== "";
    });
    return {
      format: stream.format,
      blocks: limitBlocks(blocks, stream.format, options.limits, clock),
      isDamaged: () => isDamaged,
    };
  } catch (error) {
    clock.release();
    await child?.stop();
    throw error;
  }
}

/** Two threads decode as fast as FFmpeg's default on the files measured, and bound what one file can take of a machine. */
function decodeArguments(source: AudioSource): string[] {
  const quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "2"];
  const output = ["-map", "0:a:0", "-vn", "-sn", "-dn", "-c:a", "pcm_f32le", "-bitexact", "-f", "wav", "pipe:1"];
  return [...quiet, ...ffmpegInput(source), ...output];
}

async function readHeader(child: FfmpegProcess, signal: AbortSignal): Promise<OpenedStream> {
  const rest: AsyncIterator<Uint8Array> = child.stdout[Symbol.asyncIterator]();
  let bytes = new Uint8Array(0);
  while (bytes.length < HEADER_BYTES) {
    const { value, done } = await rest.next();
    if (done === true) break;
    bytes = Buffer.concat([bytes, value]);
    const header = parseWavHeader(bytes);
    if (header === null || header.pcm === null) continue;
    const { sampleRate, channels, pcm, dataStart } = header;
    return { format: { sampleRate, channels }, pcm, first: bytes.subarray(dataStart), rest };
  }
  if (bytes.length >= HEADER_BYTES) await child.stop();
  const exit = await child.exit;
  signal.throwIfAborted();
  throw undecodable(exit);
}

/** The bytes after the header. Samples that FFmpeg wrote before it met damage are a result; before it was stopped, not. */
async function* readChunks(
  child: FfmpegProcess,
  stream: OpenedStream,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    let bytes = stream.first.length;
    if (bytes > 0) yield stream.first;
    for (let next = await stream.rest.next(); next.done !== true; next = await stream.rest.next()) {
      bytes += next.value.length;
      yield next.value;
    }
    const exit = await child.exit;
    signal.throwIfAborted();
    if (exit.signal !== null || wasStopped(exit)) throw crashed(exit);
    if (bytes === 0) throw exit.code === 0 ? noSamplesError({ cause: exit }) : undecodable(exit);
  } finally {
    await child.stop();
  }
}

function undecodable(exit: FfmpegExit): AppError {
  if (exit.error !== null) {
    const message =
      "FFmpeg could not be started. Check that it is installed, or set FFMPEG_PATH; `hark doctor` shows more.";
    return new AppError("unavailable", message, { cause: exit.error });
  }
  if (exit.signal !== null || wasStopped(exit)) return crashed(exit);
  return new AppError("invalid_input", whyUndecodable(exit.stderr), { cause: exit });
}

function whyUndecodable(stderr: string): string {
  if (/not on whitelist/i.test(stderr)) {
    return "The file is a playlist, a script or another kind that holds no audio of its own. Give the audio file itself.";
  }
  if (/matches no streams|does not contain any stream/i.test(stderr)) {
    return "The file has no audio stream: it may hold only pictures or video. Give a file with sound.";
  }
  return (
    "The file cannot be decoded as audio: its content is damaged or is no audio format that FFmpeg knows. " +
    "Check that it plays, or export it again, for example as WAV or FLAC."
  );
}

function crashed(exit: FfmpegExit): AppError {
  if (wasStopped(exit)) {
    const message = "FFmpeg was stopped from outside before it had decoded the whole file. Try again.";
    return new AppError("unavailable", message, { cause: exit, mayPass: true });
  }
  const message =
    "FFmpeg stopped unexpectedly while decoding the file, which is probably damaged. Export it again and retry.";
  return new AppError("invalid_input", message, { cause: exit });
}
