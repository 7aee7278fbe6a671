/** Headers and tags through music-metadata, from the opened descriptor. */
import { type IAudioMetadata, parseBlob } from "music-metadata";
import type { AudioSource } from "./decoder.ts";
import { DescriptorBlob } from "./descriptor-blob.ts";
import type { PartialProbe } from "./partial-probe.ts";
import { frameBytes } from "./pcm.ts";
import { type AudioTags, cleanTags, cleanText } from "./tags.ts";
import { parseWavHeader, type WavHeader } from "./wav-header.ts";

const WAV_HEAD_BYTES = 65_536;

const FFMPEG_NAMES: Readonly<Record<string, string>> = {
  MPEG: "mp3",
  "MPEG 1 Layer 3": "mp3",
  "MPEG 2 Layer 3": "mp3",
  "MPEG 2.5 Layer 3": "mp3",
  "MPEG-4/AAC": "aac",
  "Vorbis I": "vorbis",
  WAVE: "wav",
};

/**
 * What music-metadata reads from the headers, corrected by our own WAV header; null when it does not know the file, fails
 * on it, or the signal aborts. Pictures are skipped, and the audio is not read.
 */
export async function readMetadata(source: AudioSource, signal: AbortSignal): Promise<PartialProbe | null> {
  if (signal.aborted) return null;
  const reading = new AbortController();
  const blob = new DescriptorBlob(source.fd, 0, source.sizeBytes, AbortSignal.any([signal, reading.signal]));
  try {
    const parsed = parseBlob(blob, { duration: false, skipCovers: true });
    const found = toProbe(await Promise.race([parsed, aborted(signal)]));
    const wav = parseWavHeader(new Uint8Array(await blob.slice(0, WAV_HEAD_BYTES).arrayBuffer()));
    return wav === null ? found : { ...found, ...wavFormat(wav, source) };
  } catch {
    return null;
  } finally {
    // The caller may close the descriptor now, and its number may soon mean another file.
    reading.abort();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function toProbe({ format, common }: IAudioMetadata): PartialProbe {
  const lossless = format.lossless ?? null;
  return {
    container: ffmpegName(format.container),
    codec: ffmpegName(format.codec),
    sampleRateHz: positive(format.sampleRate),
    channels: positive(format.numberOfChannels),
    bitDepth: lossless === true ? positive(format.bitsPerSample) : null,
    durationSeconds: positive(format.duration),
    bitrateBps: positive(format.bitrate),
    lossless,
    tags: toTags(common, format),
  };
}

/** music-metadata takes RF64 for ADTS, and extensible and float WAV for lossy. */
function wavFormat(wav: WavHeader, source: AudioSource): Partial<PartialProbe> {
  if (wav.pcm === null) return {};
  const bytesPerFrame = frameBytes(wav.pcm);
  const bytes = Math.min(wav.dataBytes ?? source.sizeBytes, source.sizeBytes - wav.dataStart);
  return {
    container: "wav",
    codec: `pcm_${wav.pcm.encoding}${wav.pcm.encoding === "u8" ? "" : "le"}`,
    sampleRateHz: positive(wav.sampleRate),
    channels: wav.channels,
    bitDepth: (bytesPerFrame / wav.channels) * 8,
    durationSeconds: positive(bytes / bytesPerFrame / wav.sampleRate),
    bitrateBps: positive(bytesPerFrame * wav.sampleRate * 8),
    lossless: true,
  };
}

function toTags(common: IAudioMetadata["common"], format: IAudioMetadata["format"]): AudioTags {
  return cleanTags({
    title: common.title,
    artist: common.artist,
    album: common.album,
    albumArtist: common.albumartist,
    composer: common.composer?.[0],
    genre: common.genre,
    year: common.year,
    trackNumber: common.track.no,
    bpm: common.bpm,
    key: common.key,
    comment: common.comment?.[0]?.text,
    encoder: common.encodedby ?? common.encodersettings ?? format.tool,
  });
}

/** FFmpeg's names, so that a probe says the same with and without it. */
function ffmpegName(name: string | undefined): string | null {
  return cleanText(name === undefined ? name : (FFMPEG_NAMES[name] ?? name.toLowerCase()));
}

function positive(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : null;
}
