/** Which decoder a machine has. */
import type { Decoder } from "./decoder.ts";
import type { Ffmpeg } from "./ffmpeg.ts";
import { ffmpegDecoder } from "./ffmpeg-decoder.ts";
import { wasmDecoder } from "./wasm-decoder.ts";

/** FFmpeg's decoder where there is an FFmpeg (every format, isolated in a subprocess), else the one inside Node. */
export function selectDecoder(ffmpeg: Ffmpeg | null): Decoder {
  return ffmpeg === null ? wasmDecoder : ffmpegDecoder(ffmpeg);
}
