/** The header of an AIFF or AIFF-C file. "Audio Interchange File Format", Apple, version 1.3, 1989; AIFF-C draft, 1991. */
import type { PcmEncoding, PcmStream } from "./pcm.ts";
import { fourCc } from "./wav-header.ts";

/** Where an AIFF file's samples are. `pcm` is null for a compressed coding. */
export interface AiffHeader {
  readonly sampleRate: number;
  readonly channels: number;
  readonly pcm: PcmStream | null;
  /** Byte offset of the first sample. */
  readonly dataStart: number;
  readonly dataBytes: number;
}

interface Common {
  readonly channels: number;
  readonly sampleRate: number;
  readonly pcm: PcmStream | null;
}

/**
 * Reads the header from the beginning of a file; null when the bytes end before the samples begin, are no AIFF file, or
 * hold their description after the samples (allowed, and never seen).
 */
export function parseAiffHeader(bytes: Uint8Array): AiffHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || fourCc(view, 0) !== "FORM" || !fourCc(view, 8).startsWith("AIF")) return null;
  let common: Common | null = null;
  for (let offset = 12; offset + 16 <= bytes.length; ) {
    const id = fourCc(view, offset);
    const size = view.getUint32(offset + 4);
    const body = offset + 8;
    if (id === "SSND") {
      const skipped = view.getUint32(body);
      if (common === null || size < 8 + skipped) return null;
      return { ...common, dataStart: body + 8 + skipped, dataBytes: size - 8 - skipped };
    }
    if (body + size > bytes.length) return null;
    if (id === "COMM" && size >= 18) common = parseCommon(view, body, size);
    offset = body + size + (size % 2);
  }
  return null;
}

function parseCommon(view: DataView, body: number, size: number): Common {
  const channels = view.getUint16(body);
  const compression = size >= 22 ? fourCc(view, body + 18) : "NONE";
  const encoding = encodingOf(compression, Math.ceil(view.getUint16(body + 6) / 8));
  const littleEndian = compression === "sowt";
  return {
    channels,
    sampleRate: Math.round(float80(view, body + 8)),
    pcm: encoding === null || channels === 0 ? null : { encoding, channels, littleEndian },
  };
}

function encodingOf(compression: string, bytesPerSample: number): PcmEncoding | null {
  const floating: Readonly<Record<string, PcmEncoding>> = { fl32: "f32", FL32: "f32", fl64: "f64", FL64: "f64" };
  const integers: Readonly<Record<number, PcmEncoding>> = { 1: "s8", 2: "s16", 3: "s24", 4: "s32" };
  if (["NONE", "twos", "sowt"].includes(compression)) return integers[bytesPerSample] ?? null;
  return floating[compression] ?? null;
}

/** An 80-bit extended number: 15 bits of exponent with bias 16383, 64 bits of mantissa with an explicit leading one. */
function float80(view: DataView, offset: number): number {
  const exponent = (view.getUint16(offset) & 0x7fff) - 16383;
  return Number(view.getBigUint64(offset + 2)) * 2 ** (exponent - 63);
}
