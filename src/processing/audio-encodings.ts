/** What Hark writes: formats as data. */
import type { TaggedContainer } from "../audio/tag-writer.ts";

export const OUTPUT_FORMATS = ["wav", "aiff", "flac", "mp3", "m4a", "aac", "ogg", "opus"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export const QUALITIES = ["lossless", "high", "medium"] as const;
export type Quality = (typeof QUALITIES)[number];

/** How a lossy coder is told how good it is to be. */
interface LossyCoder {
  readonly encoder: string;
  /** Name in messages. */
  readonly name: string;
  readonly codec: string;
  /** In Hz; empty: any up to `maxSampleRate`. */
  readonly sampleRates: readonly number[];
  readonly maxSampleRate: number;
  readonly maxChannels: number;
  /** Arguments of a preset. */
  preset(quality: "high" | "medium", channels: number): readonly string[];
  /** Arguments for at least this bitrate, as near as the coder goes. */
  atLeast(bitrateBps: number, sampleRate: number, channels: number): readonly string[];
}

interface LosslessCoder {
  readonly encoder: string;
  readonly sampleFormat: string;
}

export interface FormatDefinition {
  readonly extension: string;
  readonly mimeType: string;
  readonly muxer: readonly string[];
  readonly tags: TaggedContainer;
  /** By bits per sample; "float" is 32-bit floating point. */
  readonly lossless: Readonly<Partial<Record<8 | 16 | 24 | 32 | "float", LosslessCoder>>>;
  readonly lossy: LossyCoder | null;
}

const MPEG_1_KBPS = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG_2_KBPS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** ISO/IEC 11172-3 and 13818-3; V0 and V2 are LAME's usual choices of best and good. */
const MP3: LossyCoder = {
  encoder: "libmp3lame",
  name: "MP3",
  codec: "mp3",
  sampleRates: [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
  maxSampleRate: 48_000,
  maxChannels: 2,
  preset: (quality) => ["-q:a", quality === "high" ? "0" : "2"],
  atLeast(bitrateBps, sampleRate) {
    const ladder = sampleRate >= 32_000 ? MPEG_1_KBPS : MPEG_2_KBPS;
    const kbps = ladder.find((one) => one * 1000 >= bitrateBps * 0.995) ?? ladder.at(-1);
    return ["-b:a", `${kbps}k`];
  },
};

const AAC: LossyCoder = {
  encoder: "aac",
  name: "AAC",
  codec: "aac",
  sampleRates: [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000],
  maxSampleRate: 96_000,
  maxChannels: 8,
  preset: (quality, channels) => ["-b:a", `${(quality === "high" ? 128 : 80) * channels}k`],
  // A frame of 1024 samples holds at most 6144 bits a channel (ISO/IEC 14496-3, 4.5.3).
  atLeast: (bitrateBps, sampleRate, channels) => [
    "-b:a",
    String(Math.min(Math.ceil(bitrateBps), 5.9 * sampleRate * channels)),
  ],
};

/** Nominal kbit/s of a stereo stream at 44.1 kHz by libvorbis' quality, from 0 on. */
const VORBIS_KBPS = [64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500];

const VORBIS: LossyCoder = {
  encoder: "libvorbis",
  name: "Vorbis",
  codec: "vorbis",
  sampleRates: [],
  maxSampleRate: 192_000,
  maxChannels: 8,
  preset: (quality) => ["-q:a", quality === "high" ? "8" : "5"],
  atLeast(bitrateBps, _, channels) {
    const kbps = (bitrateBps / 1000) * (2 / channels);
    const quality = VORBIS_KBPS.findIndex((one) => one >= kbps);
    return ["-q:a", String(quality < 0 ? VORBIS_KBPS.length - 1 : quality)];
  },
};

const OPUS: LossyCoder = {
  encoder: "libopus",
  name: "Opus",
  codec: "opus",
  // The coder takes others, and always plays at this one (RFC 7845, 5.1).
  sampleRates: [48_000],
  maxSampleRate: 48_000,
  maxChannels: 8,
  preset: (quality, channels) => ["-b:a", `${(quality === "high" ? 80 : 56) * Math.max(1.2, channels)}k`],
  atLeast: (bitrateBps, _, channels) => ["-b:a", String(Math.min(Math.ceil(bitrateBps), 255_000 * channels))],
};

const pcm = (encoder: string, sampleFormat: string): LosslessCoder => ({ encoder, sampleFormat });

export const FORMATS: Readonly<Record<OutputFormat, FormatDefinition>> = {
  wav: {
    extension: "wav",
    mimeType: "audio/wav",
    muxer: ["-rf64", "auto", "-f", "wav"],
    tags: "wav",
    lossless: {
      8: pcm("pcm_u8", "u8"),
      16: pcm("pcm_s16le", "s16"),
      24: pcm("pcm_s24le", "s32"),
      32: pcm("pcm_s32le", "s32"),
      float: pcm("pcm_f32le", "flt"),
    },
    lossy: null,
  },
  aiff: {
    extension: "aiff",
    mimeType: "audio/aiff",
    muxer: ["-f", "aiff"],
    tags: "aiff",
    lossless: { 16: pcm("pcm_s16be", "s16"), 24: pcm("pcm_s24be", "s32"), 32: pcm("pcm_s32be", "s32") },
    lossy: null,
  },
  flac: {
    extension: "flac",
    mimeType: "audio/flac",
    muxer: ["-f", "flac"],
    tags: "flac",
    lossless: { 16: pcm("flac", "s16"), 24: pcm("flac", "s32") },
    lossy: null,
  },
  mp3: {
    extension: "mp3",
    mimeType: "audio/mpeg",
    muxer: ["-f", "mp3", "-id3v2_version", "0"],
    tags: "mp3",
    lossless: {},
    lossy: MP3,
  },
  m4a: {
    extension: "m4a",
    mimeType: "audio/mp4",
    muxer: ["-f", "ipod"],
    tags: "mp4",
    lossless: { 16: pcm("alac", "s16p"), 24: pcm("alac", "s32p") },
    lossy: AAC,
  },
  aac: {
    extension: "aac",
    mimeType: "audio/aac",
    muxer: ["-f", "adts"],
    tags: "adts",
    lossless: {},
    lossy: AAC,
  },
  ogg: { extension: "ogg", mimeType: "audio/ogg", muxer: ["-f", "ogg"], tags: "ogg", lossless: {}, lossy: VORBIS },
  opus: { extension: "opus", mimeType: "audio/ogg", muxer: ["-f", "opus"], tags: "ogg", lossless: {}, lossy: OPUS },
};

/** The format that a file has already, by FFmpeg's names of its container and codec; null for those that Hark does not write. */
export function formatOf(container: string, codec: string): OutputFormat | null {
  if (container === "wav" || container === "w64") return "wav";
  if (container === "aiff") return "aiff";
  if (container === "flac") return "flac";
  if (container === "mp3") return "mp3";
  if (container === "mov" && (codec === "aac" || codec === "alac")) return "m4a";
  if (container === "aac") return "aac";
  if (container === "ogg" && codec === "vorbis") return "ogg";
  return container === "ogg" && codec === "opus" ? "opus" : null;
}

/** What FFmpeg writes between two steps: nothing is rounded or cut off. */
export const FLOAT_WAV: readonly string[] = ["-c:a", "pcm_f32le", ...FORMATS.wav.muxer];
