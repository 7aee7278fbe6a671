/**
 * The contract of feature extraction. One pass over the blocks of a file feeds any number of features:
 *
 *     blocks ─▶ Stage (finite samples) ─┬▶ Stage (mono signal) ─▶ Stage (power spectrogram) ─┬▶ Feature (spectral shape)
 *                                       └▶ Feature (signal level)                            └▶ Stage (mel) ─▶ Feature (MFCC)
 *
 * A Stage turns chunks into chunks and keeps only what it needs to go on; a Feature turns chunks into the frames that
 * agents read. Each names the stage it draws from, so a stage that several features need runs once. Nothing holds a whole
 * file's samples. How the stream is cut into blocks changes no bit of any result.
 */
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";

/** A running stage. `emit` may be called any number of times; an emitted chunk is valid only during the call. */
export interface StageRun<In, Out> {
  push(chunk: In, emit: (out: Out) => void): void;
  /** The stream has ended: emits what is still held back. Called once, after the last push. */
  end(emit: (out: Out) => void): void;
}

/** A step of the pass that hands chunks on. `from` is null for a stage that takes the decoder's blocks. */
export interface Stage<In, Out> {
  readonly name: string;
  readonly from: Stage<never, In> | null;
  open(format: AudioFormat): StageRun<In, Out>;
}

/** A running feature: fed chunk by chunk, then asked once for its frames. */
export interface FeatureRun<In, Frames> {
  push(chunk: In): void;
  finish(): Frames;
}

/** Something agents can need by name. `from` is null for a feature that takes the decoder's blocks. */
export interface Feature<In, Frames> {
  readonly name: string;
  readonly from: Stage<never, In> | null;
  open(format: AudioFormat): FeatureRun<In, Frames>;
}

/** A stage that takes the decoder's blocks. */
export type BlockStage<Out> = Stage<AudioBlock, Out>;
