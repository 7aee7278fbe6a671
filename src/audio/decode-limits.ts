/** The limits of a decode: size before it starts, channels once known, duration and time while it runs. */
import { AppError } from "../errors.ts";
import type { AudioBlock, AudioFormat } from "./audio-format.ts";
import type { AudioLimits, AudioSource, DecodeOptions } from "./decoder.ts";

const BYTES_PER_MB = 1_000_000;

/** A signal that aborts with the caller's, or with a time-limit error; `release` stops the clock. */
export interface DecodeClock {
  readonly signal: AbortSignal;
  release(): void;
}

/** @throws AppError invalid_input when the file is empty or larger than the limit. */
export function checkFileSize(source: AudioSource, limits: AudioLimits): void {
  if (source.sizeBytes === 0) {
    throw new AppError("invalid_input", "The file is empty (0 bytes). Give a file that holds audio.");
  }
  if (source.sizeBytes <= limits.maxFileBytes) return;
  const size = (source.sizeBytes / BYTES_PER_MB).toFixed(1);
  throw limitError(`The file has ${size} MB`, `${limits.maxFileBytes / BYTES_PER_MB} MB`, "HARK_MAX_FILE_MB");
}

/** @throws AppError invalid_input when the audio has more channels than the limit, or a format that cannot be. */
export function checkFormat(format: AudioFormat, limits: AudioLimits): void {
  if (!(format.sampleRate >= 1) || format.channels < 1) {
    const message = `The file's header claims ${format.channels} channels at ${format.sampleRate} Hz, which cannot be audio.`;
    throw new AppError("invalid_input", `${message} It is damaged: export it again.`);
  }
  if (format.channels <= limits.maxChannels) return;
  throw limitError(`The audio has ${format.channels} channels`, `${limits.maxChannels} channels`, "HARK_MAX_CHANNELS");
}

/** Starts the clock of one decode. @throws the signal's reason when it is already aborted. */
export function startClock(options: DecodeOptions): DecodeClock {
  options.signal.throwIfAborted();
  const seconds = options.limits.maxDecodeSeconds;
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(limitError("Decoding took too long", `${seconds} seconds`, "HARK_MAX_DECODE_SECONDS"));
  }, seconds * 1000).unref();
  return { signal: AbortSignal.any([options.signal, deadline.signal]), release: () => clearTimeout(timer) };
}

/**
 * The same blocks, up to the duration limit and the clock; stops the clock when they end or are left.
 * @throws AppError invalid_input when the duration limit is passed, or when there was not one sample.
 * @throws the clock's reason when it aborts.
 */
export async function* limitBlocks(
  blocks: AsyncIterable<AudioBlock>,
  format: AudioFormat,
  limits: AudioLimits,
  clock: DecodeClock,
): AsyncGenerator<AudioBlock> {
  const most = limits.maxDurationSeconds * format.sampleRate;
  let samples = 0;
  try {
    for await (const block of blocks) {
      clock.signal.throwIfAborted();
      samples += block.length;
      if (samples > most) {
        const limit = `${limits.maxDurationSeconds} seconds`;
        throw limitError("The audio is longer than Hark takes on", limit, "HARK_MAX_DURATION_SECONDS");
      }
      yield block;
    }
    clock.signal.throwIfAborted();
    if (samples === 0) throw noSamplesError();
  } finally {
    clock.release();
  }
}

/** The error of a file whose header is in order and that holds not one sample. */
export function noSamplesError(options?: ErrorOptions): AppError {
  const message = "The file holds no audio samples: it has a header and nothing after it. Record or export it again.";
  return new AppError("invalid_input", message, options);
}

/** The error of something beyond a limit, which is a setting. */
export function limitError(what: string, limit: string, variable: string): AppError {
  return new AppError(
    "invalid_input",
    `${what}; the limit is ${limit}. Give a smaller or shorter file, or raise the limit with ${variable}.`,
    { dependsOnSettings: true },
  );
}
