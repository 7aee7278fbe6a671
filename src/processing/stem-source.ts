/** The recording as a stream that can be started again, and what is known of it before it is separated. */
import { closeSync, fstatSync, openSync } from "node:fs";
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import type { AudioSource, Decoding } from "../audio/decoder.ts";
import { selectDecoder } from "../audio/decoder-selection.ts";
import type { OperationContext } from "./operation.ts";
import type { RecordingStatistics } from "./separation-engine.ts";
import { inFormat, stemFormat, stereoBlocks } from "./stem-format.ts";

/** A decode waits for the engine or the meter, so its own clock has to be as patient; the first pass ran under the real limit. */
export const PATIENT_SECONDS = 7 * 86_400;

export interface StemSource {
  /** Of the file. */
  readonly source: AudioFormat;
  /** Of the stems. */
  readonly format: AudioFormat;
  readonly length: number;
  /** From the beginning, finite, in the stems' format. */
  blocks(): AsyncGenerator<AudioBlock>;
  /** The same in an engine's format. */
  converted(to: AudioFormat): AsyncGenerator<AudioBlock>;
  /** Of the recording in an engine's format; computed once. */
  statistics(of: AudioFormat): Promise<RecordingStatistics>;
  close(): void;
}

/** Opens the file and decodes it once, to know its length. @throws AppError invalid_input, as decoders do. */
export async function openStemSource(path: string, context: OperationContext): Promise<StemSource> {
  const fd = openSync(path, "r");
  const file: AudioSource = { fd, path, sizeBytes: fstatSync(fd).size };
  try {
    const first = await decode(file, context, context.limits.maxDecodeSeconds);
    const format = stemFormat(first.format);
    const own = await statisticsOf(stereoBlocks(first.blocks), context.signal);
    const known = new Map([[keyOf(format), own]]);
    const blocks = async function* (): AsyncGenerator<AudioBlock> {
      yield* stereoBlocks((await decode(file, context, PATIENT_SECONDS)).blocks);
    };
    return {
      source: first.format,
      format,
      length: own.length,
      blocks,
      converted: (to) => inFormat(blocks(), format, to),
      async statistics(of) {
        const found = known.get(keyOf(of)) ?? (await statisticsOf(inFormat(blocks(), format, of), context.signal));
        known.set(keyOf(of), found);
        return found;
      },
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function decode(file: AudioSource, context: OperationContext, maxDecodeSeconds: number): Promise<Decoding> {
  const limits = { ...context.limits, maxDecodeSeconds };
  return selectDecoder(context.ffmpeg).open(file, { limits, signal: context.signal });
}

function keyOf({ sampleRate, channels }: AudioFormat): string {
  return `${sampleRate} ${channels}`;
}

/** Sums are of differences from the first sample, so that an offset does not eat their precision. */
async function statisticsOf(blocks: AsyncIterable<AudioBlock>, signal: AbortSignal): Promise<RecordingStatistics> {
  let [length, sum, squares] = [0, 0, 0];
  let origin: number | null = null;
  for await (const block of blocks) {
    signal.throwIfAborted();
    for (let n = 0; n < block.length; n++) {
      let value = 0;
      for (const samples of block.channels) value += samples[n];
      value /= block.channels.length;
      origin ??= value;
      sum += value - origin;
      squares += (value - origin) ** 2;
    }
    length += block.length;
  }
  const offset = length > 0 ? sum / length : 0;
  const variance = length > 1 ? (squares - length * offset * offset) / (length - 1) : 0;
  return { length, mean: (origin ?? 0) + offset, standardDeviation: Math.sqrt(Math.max(0, variance)) };
}
