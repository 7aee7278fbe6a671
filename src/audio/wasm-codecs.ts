/** The streaming decoders that run inside Node, imported only when a file needs one. */
import type { AudioSignature } from "./audio-signature.ts";
import { findMpegFrame } from "./mpeg-frame.ts";

/** Samples that came out of one chunk of bytes, `[channel][sample]`; no channels when there were none. */
export interface DecodedPiece {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
}

export interface StreamingCodec {
  decode(bytes: Uint8Array): DecodedPiece;
  /** What was held back, in order. */
  flush(): readonly DecodedPiece[];
  free(): void;
}

/** Opens the codec of a signature; `head` is the beginning of the file, for what a codec does not tell by itself. */
export const WASM_CODECS: Readonly<
  Record<Exclude<AudioSignature, "aiff">, (head: Uint8Array) => Promise<StreamingCodec>>
> = {
  /** Codings other than plain PCM: A-law, µ-law, IMA and Microsoft ADPCM. */
  wav: async () => plain((await import("@audio/decode-wav")).decoder()),
  flac: openFlac,
  ogg_flac: openFlac,
  vorbis: async () => plain(await (await import("@audio/decode-vorbis")).decoder()),
  opus: async () => plain(await (await import("@audio/decode-opus")).decoder()),
  mp3: openMp3,
};

interface PackageCodec {
  decode(bytes: Uint8Array): DecodedPiece;
  flush(): DecodedPiece;
  free(): void;
}

function plain(codec: PackageCodec): StreamingCodec {
  return { decode: (bytes) => codec.decode(bytes), flush: () => [codec.flush()], free: () => codec.free() };
}

/** mpg123 gives two equal channels for a mono file. */
async function openMp3(head: Uint8Array): Promise<StreamingCodec> {
  const codec = await (await import("@audio/decode-mp3")).decoder();
  const channels = findMpegFrame(head)?.frame.channels ?? 2;
  return {
    decode(bytes) {
      const { channelData, sampleRate } = codec.decode(bytes);
      return { channelData: channelData.slice(0, channels), sampleRate };
    },
    flush: () => [],
    free: () => codec.free(),
  };
}

/**
 * Works around two traits of the package: it divides samples by 2^(bits − 1) − 1, where FFmpeg divides by
 * 2^(bits − 1); and it loses two frames when a chunk ends inside a frame header, so chunks are cut at headers.
 */
async function openFlac(head: Uint8Array): Promise<StreamingCodec> {
  const codec = await (await import("@audio/decode-flac")).decoder();
  const fullScale = 2 ** (flacBits(head) - 1);
  let held: Uint8Array = new Uint8Array(0);
  return {
    decode(bytes) {
      const joined = Buffer.concat([held, bytes]);
      const cut = lastFlacSync(joined);
      held = joined.subarray(cut);
      return rescale(codec.decode(joined.subarray(0, cut)), fullScale);
    },
    flush: () => [rescale(codec.decode(held), fullScale), rescale(codec.flush(), fullScale)],
    free: () => codec.free(),
  };
}

/**
 * Offset of the last frame header after the first byte; where there is none, of the first half of a sync code at the very
 * end; else the length.
 */
function lastFlacSync(bytes: Uint8Array): number {
  for (let offset = bytes.length - 2; offset > 0; offset--) {
    if (bytes[offset] === 0xff && ((bytes[offset + 1] ?? 0) & 0xfe) === 0xf8) return offset;
  }
  return bytes.at(-1) === 0xff ? bytes.length - 1 : bytes.length;
}

function rescale(piece: DecodedPiece, fullScale: number): DecodedPiece {
  for (const samples of piece.channelData) {
    for (let n = 0; n < samples.length; n++) {
      samples[n] = Math.round((samples[n] ?? 0) * (fullScale - 1)) / fullScale;
    }
  }
  return piece;
}

/** Bits per sample from the STREAMINFO block, 16 if there is none. RFC 9639, 8.2. */
function flacBits(head: Uint8Array): number {
  const marker = Buffer.from(head.buffer, head.byteOffset, head.length).indexOf("fLaC");
  const [high, low] = head.subarray(marker + 20, marker + 22);
  if (marker < 0 || high === undefined || low === undefined) return 16;
  return (((high & 1) << 4) | (low >> 4)) + 1;
}
