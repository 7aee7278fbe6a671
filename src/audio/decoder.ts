/** The contract of a decoder: an opened file in, blocks of samples out. */
import type { AudioBlock, AudioFormat } from "./audio-format.ts";

/** A file that was opened, and checked, once; everything reads through this descriptor and never opens the path again. */
export interface AudioSource {
  readonly fd: number;
  /** Where it was opened; used for reading only on a system that cannot hand a descriptor to a subprocess (Windows). */
  readonly path: string;
  readonly sizeBytes: number;
}

/** What Hark takes on. Each limit that is passed is an `invalid_input` error that names the limit and how to raise it. */
export interface AudioLimits {
  readonly maxFileBytes: number;
  readonly maxDurationSeconds: number;
  readonly maxChannels: number;
  /** Wall-clock limit of one decode. */
  readonly maxDecodeSeconds: number;
}

export interface DecodeOptions {
  readonly limits: AudioLimits;
  /** Aborting stops the decode, kills its subprocess and rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

export interface Decoding {
  readonly format: AudioFormat;
  /**
   * A quarter of a second of samples a block, at the file's own rate and channels, in order. Leaving the loop early releases
   * everything. @throws AppError invalid_input when the file holds no audio that can be decoded, or passes a limit.
   */
  readonly blocks: AsyncIterable<AudioBlock>;
  /** After the last block: whether the decoder met damaged data, so that parts may be missing. */
  readonly isDamaged: () => boolean;
}

export interface Decoder {
  readonly name: "ffmpeg" | "wasm";
  open(source: AudioSource, options: DecodeOptions): Promise<Decoding>;
}
