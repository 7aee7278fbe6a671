/** The header of an MPEG audio frame. ISO/IEC 11172-3:1993, 2.4.1.3 and 2.4.2.3; ISO/IEC 13818-3:1998 for the low rates. */

/** kbit/s by bitrate index 1–14. */
const LAYER_I_KBPS = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
const LAYER_II_KBPS = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const LAYER_III_KBPS = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const LOW_RATE_LAYER_I_KBPS = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const LOW_RATE_KBPS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const MPEG_1_HZ = [44_100, 48_000, 32_000];

export interface MpegFrame {
  readonly channels: 1 | 2;
  /** From this header to the next. */
  readonly bytes: number;
}

/**
 * Byte offset and header of the first frame that another frame follows, so that bytes which only look like a header are
 * passed over; null when there is none.
 */
export function findMpegFrame(bytes: Uint8Array): { readonly offset: number; readonly frame: MpegFrame } | null {
  for (let offset = 0; offset + 4 <= bytes.length; offset++) {
    if (bytes[offset] !== 0xff) continue;
    const frame = parseMpegFrame(bytes, offset);
    if (frame !== null && isSameStream(bytes, offset, offset + frame.bytes)) return { offset, frame };
  }
  return null;
}

function isSameStream(bytes: Uint8Array, first: number, second: number): boolean {
  const sameVersionAndLayer = ((bytes[first + 1] ?? 0) & 0xfe) === ((bytes[second + 1] ?? 0) & 0xfe);
  const sameRate = ((bytes[first + 2] ?? 0) & 0x0c) === ((bytes[second + 2] ?? 0) & 0x0c);
  return sameVersionAndLayer && sameRate && parseMpegFrame(bytes, second) !== null;
}

function parseMpegFrame(bytes: Uint8Array, offset: number): MpegFrame | null {
  const [sync = 0, kind = 0, rates = 0, mode = 0] = bytes.subarray(offset, offset + 4);
  const version = (kind >> 3) & 3;
  const layer = 4 - ((kind >> 1) & 3);
  const rateIndex = (rates >> 2) & 3;
  if (sync !== 0xff || kind < 0xe0 || version === 1 || layer === 4 || rateIndex === 3) return null;
  const kbps = bitrateTable(version, layer)[(rates >> 4) - 1];
  const mpeg1Hz = MPEG_1_HZ[rateIndex];
  if (kbps === undefined || mpeg1Hz === undefined) return null;
  const sampleRate = version === 3 ? mpeg1Hz : version === 2 ? mpeg1Hz / 2 : mpeg1Hz / 4;
  const padding = (rates >> 1) & 1;
  const slots = layer === 3 && version !== 3 ? 72 : 144;
  const bytesPerFrame =
    layer === 1
      ? 4 * (Math.floor((12_000 * kbps) / sampleRate) + padding)
      : Math.floor((slots * 1000 * kbps) / sampleRate) + padding;
  return { channels: mode >> 6 === 3 ? 1 : 2, bytes: bytesPerFrame };
}

function bitrateTable(version: number, layer: number): readonly number[] {
  if (version !== 3) return layer === 1 ? LOW_RATE_LAYER_I_KBPS : LOW_RATE_KBPS;
  if (layer === 1) return LAYER_I_KBPS;
  return layer === 2 ? LAYER_II_KBPS : LAYER_III_KBPS;
}
