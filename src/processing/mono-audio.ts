/** A recording as mono at the rate that a network takes. */
import { closeSync, fstatSync, openSync } from "node:fs";
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { selectDecoder } from "../audio/decoder-selection.ts";
import { AppError } from "../errors.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { inFormat, stemFormat, stereoBlocks } from "./stem-format.ts";

/** A decode waits for the network, which may be slower than the recording is long. */
const SECONDS_PER_AUDIO_SECOND = 4;

/** Below it nothing audible is left, and no converter goes that far up. */
const LEAST_RATE_HZ = 1000;

/**
 * The recording from its beginning, `[1][sample]`, finite, in bounded memory. The time that decoding may take grows with the
 * duration. @throws AppError invalid_input, as decoders do.
 * @param tap Sees each block before it is mixed and converted, finite and with at most two channels.
 */
export async function* monoAudio(
  { path, probe }: SourceFile,
  sampleRate: number,
  context: OperationContext,
  tap: ((block: AudioBlock, format: AudioFormat) => Promise<void>) | null = null,
): AsyncGenerator<AudioBlock> {
  const fd = openSync(path, "r");
  try {
    const longestSeconds = probe.durationSeconds ?? context.limits.maxDurationSeconds;
    const maxDecodeSeconds = context.limits.maxDecodeSeconds + SECONDS_PER_AUDIO_SECOND * longestSeconds;
    const file = { fd, path, sizeBytes: fstatSync(fd).size };
    const options = { limits: { ...context.limits, maxDecodeSeconds }, signal: context.signal };
    const decoding = await selectDecoder(context.ffmpeg).open(file, options);
    const format = stemFormat(decoding.format);
    if (format.sampleRate < LEAST_RATE_HZ) throw tooSlow(format.sampleRate);
    const stereo = tapped(stereoBlocks(decoding.blocks), async (block) => tap?.(block, format));
    yield* inFormat(stereo, format, { sampleRate, channels: 1 });
  } finally {
    closeSync(fd);
  }
}

function tooSlow(sampleRate: number): AppError {
  const message = `A sample rate of ${sampleRate} Hz is no recording of sound: expected at least ${LEAST_RATE_HZ}. Export the file again.`;
  return new AppError("invalid_input", message);
}

async function* tapped(
  blocks: AsyncIterable<AudioBlock>,
  see: (block: AudioBlock) => Promise<void>,
): AsyncGenerator<AudioBlock> {
  for await (const block of blocks) {
    await see(block);
    yield block;
  }
}
