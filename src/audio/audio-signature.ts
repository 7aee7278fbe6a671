/** What kind of audio a file holds, told from its first bytes and never from its name. */
import { findMpegFrame } from "./mpeg-frame.ts";

export type AudioSignature = "wav" | "aiff" | "flac" | "ogg_flac" | "vorbis" | "opus" | "mp3";

/**
 * The signature at the beginning of the bytes (after any ID3 tag, see `id3Bytes`); null for every other kind. MP3 has no
 * signature: two frames in a row are taken for one, wherever they begin.
 */
export function audioSignature(bytes: Uint8Array): AudioSignature | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString("latin1");
  if (/^(RIFF|RF64|BW64).{4}WAVE/s.test(text)) return "wav";
  if (/^FORM.{4}AIF[FC]/s.test(text)) return "aiff";
  if (text.startsWith("fLaC")) return "flac";
  if (text.startsWith("OggS")) return oggSignature(text);
  if (text.slice(4, 8) === "ftyp" || text.startsWith("\x1aE\xdf\xa3")) return null;
  return findMpegFrame(bytes) === null ? null : "mp3";
}

/** Beginnings of formats that only FFmpeg reads: AU, CAF, W64, WavPack, Monkey's Audio, TTA, AMR, ASF, Matroska. */
const FFMPEG_ONLY = [
  ".snd",
  "caff",
  "riff\x2e\x91\xcf\x11",
  "wvPk",
  "MAC ",
  "TTA1",
  "#!AMR",
  "0&\xb2u",
  "\x1aE\xdf\xa3",
];

/** Whether the bytes begin a format that needs FFmpeg. */
export function needsFfmpeg(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString("latin1", 0, 16);
  return text.slice(4, 8) === "ftyp" || FFMPEG_ONLY.some((beginning) => text.startsWith(beginning));
}

/** Length of the ID3v2 tag at the beginning of the bytes, 0 if there is none. id3.org, "ID3 tag version 2.4.0", 2000, 3.1. */
export function id3Bytes(bytes: Uint8Array): number {
  const [i, d, three, , , flags = 0, b3 = 0, b2 = 0, b1 = 0, b0 = 0] = bytes;
  if (i !== 0x49 || d !== 0x44 || three !== 0x33 || bytes.length < 10) return 0;
  const footer = (flags & 0x10) === 0 ? 0 : 10;
  return 10 + footer + (b3 & 127) * 2 ** 21 + (b2 & 127) * 2 ** 14 + (b1 & 127) * 2 ** 7 + (b0 & 127);
}

/** The first packet of an Ogg stream begins after 27 bytes of page header and its one-entry segment table. */
function oggSignature(text: string): AudioSignature | null {
  const packet = text.slice(28);
  if (packet.startsWith("OpusHead")) return "opus";
  if (packet.startsWith("\x01vorbis")) return "vorbis";
  return packet.startsWith("\x7fFLAC") ? "ogg_flac" : null;
}
