/** The shape of decoded audio: what every decoder gives and every feature takes. */

/** Rate and channel count of a stream of samples. */
export interface AudioFormat {
  /** Samples per second and channel, Hz. */
  readonly sampleRate: number;
  readonly channels: number;
}

/** Consecutive samples of all channels, float32, nominally in [-1, 1]; every channel has the same length, at least 1. */
export interface AudioBlock {
  /** `[channel][sample]`. Valid only until the next block is asked for: copy what you keep. */
  readonly channels: readonly Float32Array[];
  /** Samples per channel in this block. */
  readonly length: number;
}
