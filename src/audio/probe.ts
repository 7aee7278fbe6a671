/** What a file says of itself, without decoding it. */
import { AppError } from "../errors.ts";
import { needsFfmpeg } from "./audio-signature.ts";
import type { AudioSource } from "./decoder.ts";
import { readAt } from "./descriptor.ts";
import type { Ffmpeg } from "./ffmpeg.ts";
import { probeWithFfmpeg } from "./ffmpeg-probe.ts";
import { readMetadata } from "./metadata.ts";
import type { PartialProbe } from "./partial-probe.ts";

const PROBE_TIMEOUT_MS = 10_000;

/** A file's technical data and tags, as its headers claim them. */
export interface AudioProbe extends PartialProbe {
  /** FFmpeg's names: "wav", "mp3", "flac", "ogg", "mov"; "pcm_s16le", "mp3", "flac", "vorbis", "aac". */
  readonly container: string;
  readonly codec: string;
  readonly sampleRateHz: number;
  readonly channels: number;
}

/**
 * Container, codec, format, duration and cleaned tags of an opened file, by its content. FFmpeg, where there is one, is
 * the authority on the audio, because it is what will decode it (on RF64, float WAV and mono AAC music-metadata was seen to
 * be wrong); music-metadata knows the tags, and finer durations. The samples are not looked at: a probe is no promise that
 * a file decodes. @throws AppError when neither recognises the file as audio:
 * invalid_input, or unavailable for a format that needs an FFmpeg which is not there. @throws the signal's reason.
 */
export async function probe(source: AudioSource, ffmpeg: Ffmpeg | null, signal: AbortSignal): Promise<AudioProbe> {
  signal.throwIfAborted();
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
  const [reported, header] = await Promise.all([
    ffmpeg === null ? null : probeWithFfmpeg(ffmpeg, source, limited),
    readMetadata(source, limited),
  ]);
  signal.throwIfAborted();
  const merged = reported !== null && header !== null ? merge(reported, header) : (reported ?? header);
  const found = merged === null ? null : completed(merged);
  if (found === null) throw unrecognised(ffmpeg, await readAt(source.fd, 0, 16).catch(() => new Uint8Array(0)));
  return found;
}

function merge(reported: PartialProbe, header: PartialProbe): PartialProbe {
  return {
    container: reported.container ?? header.container,
    codec: reported.codec ?? header.codec,
    sampleRateHz: reported.sampleRateHz ?? header.sampleRateHz,
    channels: reported.channels ?? header.channels,
    bitDepth: reported.bitDepth,
    durationSeconds: finer(reported.durationSeconds, header.durationSeconds, 0.05),
    bitrateBps: finer(reported.bitrateBps, header.bitrateBps, 1000),
    lossless: reported.lossless ?? header.lossless,
    tags: header.tags,
  };
}

/** FFmpeg prints hundredths of a second and whole kbit/s: the other value where it is the same to that precision. */
function finer(reported: number | null, header: number | null, tolerance: number): number | null {
  if (reported === null) return header;
  return header !== null && Math.abs(header - reported) <= tolerance ? header : reported;
}

function completed(partial: PartialProbe): AudioProbe | null {
  const { container, codec, sampleRateHz, channels } = partial;
  if (container === null || codec === null || sampleRateHz === null || channels === null) return null;
  return { ...partial, container, codec, sampleRateHz, channels };
}

function unrecognised(ffmpeg: Ffmpeg | null, head: Uint8Array): AppError {
  if (ffmpeg === null && needsFfmpeg(head)) {
    const message =
      "This file's format needs FFmpeg, which was not found. Install FFmpeg or set FFMPEG_PATH; `hark doctor` shows more.";
    return new AppError("unavailable", message);
  }
  const hint =
    ffmpeg === null ? " FFmpeg, which knows more formats, was not found: install it or set FFMPEG_PATH." : "";
  return new AppError(
    "invalid_input",
    `The file is not recognised as audio, or its header is damaged. Check that it plays, or export it again.${hint}`,
  );
}
