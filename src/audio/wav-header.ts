/** The header of a WAV file: RIFF, RF64 and BW64, plain and extensible. "Multimedia Programming Interface", IBM/Microsoft, 1991; EBU Tech 3306. */
import type { PcmEncoding, PcmStream } from "./pcm.ts";

const EXTENSIBLE = 0xfffe;
const UNKNOWN_SIZE = 0xffffffff;

/** Where a WAV file's samples are. `pcm` is null for a coding that is not plain PCM (ADPCM, A-law, …). */
export interface WavHeader {
  readonly sampleRate: number;
  readonly channels: number;
  readonly pcm: PcmStream | null;
  /** Byte offset of the first sample. */
  readonly dataStart: number;
  /** Bytes of samples; null where the header does not say, as in a stream: they go on to the end of the file. */
  readonly dataBytes: number | null;
}

interface Format {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly blockAlign: number;
  readonly bitsPerSample: number;
}

/** Reads the header from the beginning of a file; null when the bytes end before the samples begin, or are no WAV file. */
export function parseWavHeader(bytes: Uint8Array): WavHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || !isWavMagic(view)) return null;
  let format: Format | null = null;
  let data64: number | null = null;
  for (let offset = 12; offset + 8 <= bytes.length; ) {
    const id = fourCc(view, offset);
    const size = view.getUint32(offset + 4, true);
    const body = offset + 8;
    if (id === "data") return format === null ? null : header(format, body, dataBytes(size, data64));
    if (body + size > bytes.length) return null;
    if (id === "fmt " && size >= 16) format = parseFormat(view, body, size);
    if (id === "ds64" && size >= 16) data64 = Number(view.getBigUint64(body + 8, true));
    offset = body + size + (size % 2);
  }
  return null;
}

/** The four characters at an offset. */
export function fourCc(view: DataView, offset: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + offset, 4));
}

function isWavMagic(view: DataView): boolean {
  return ["RIFF", "RF64", "BW64"].includes(fourCc(view, 0)) && fourCc(view, 8) === "WAVE";
}

function parseFormat(view: DataView, body: number, size: number): Format {
  const tag = view.getUint16(body, true);
  return {
    tag: tag === EXTENSIBLE && size >= 40 ? view.getUint16(body + 24, true) : tag,
    channels: view.getUint16(body + 2, true),
    sampleRate: view.getUint32(body + 4, true),
    blockAlign: view.getUint16(body + 12, true),
    bitsPerSample: view.getUint16(body + 14, true),
  };
}

/** 0 and 0xFFFFFFFF are what writers that cannot go back leave in the header. */
function dataBytes(size: number, data64: number | null): number | null {
  if (size === UNKNOWN_SIZE) return data64 === null || data64 === 0 ? null : data64;
  return size === 0 ? null : size;
}

function header(format: Format, dataStart: number, bytes: number | null): WavHeader {
  const { sampleRate, channels } = format;
  return { sampleRate, channels, pcm: pcmStream(format), dataStart, dataBytes: bytes };
}

function pcmStream({ tag, channels, blockAlign, bitsPerSample }: Format): PcmStream | null {
  const bytes = Math.ceil(bitsPerSample / 8);
  if (channels === 0 || blockAlign !== bytes * channels) return null;
  const encoding = tag === 1 ? INTEGERS[bytes] : tag === 3 ? FLOATS[bytes] : undefined;
  return encoding === undefined ? null : { encoding, channels, littleEndian: true };
}

const INTEGERS: Readonly<Record<number, PcmEncoding>> = { 1: "u8", 2: "s16", 3: "s24", 4: "s32" };
const FLOATS: Readonly<Record<number, PcmEncoding>> = { 4: "f32", 8: "f64" };
