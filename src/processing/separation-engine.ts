/** The contract of a separation engine: blocks of a recording in, blocks of its stems out. */
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";

export const STEMS = ["vocals", "drums", "bass", "other"] as const;

export type StemName = (typeof STEMS)[number];

/** What is known of the whole recording, as the engine hears it, before it is separated. */
export interface RecordingStatistics {
  /** Samples per channel. */
  readonly length: number;
  /** Of the mean of the channels. */
  readonly mean: number;
  /** Of the mean of the channels, with length - 1 as divisor. */
  readonly standardDeviation: number;
}

/** One run over the recording. A model of several large networks takes one for each, so that one is in memory at a time. */
export interface SeparationPass {
  /** The stems that it gives, in this order. */
  readonly stems: readonly StemName[];
  /**
   * The stems, block by block: as many samples as came in, in step with them. Samples are finite. A block's arrays are valid
   * until the next is asked for. Leaving the loop early releases everything.
   */
  separate(blocks: AsyncIterable<AudioBlock>, statistics: RecordingStatistics): AsyncGenerator<readonly AudioBlock[]>;
}

export interface SeparationEngine {
  readonly name: "classic" | "spleeter" | "htdemucs" | "htdemucs_ft" | "mdx";
  /** The stems are computed so that they add up to the mixture. */
  readonly sumsToMixture: boolean;
  /** How the engine wants a recording of this format: its own rate, and two channels where it knows no mono. */
  formatFor(source: AudioFormat): AudioFormat;
  passes(format: AudioFormat): readonly SeparationPass[];
}
