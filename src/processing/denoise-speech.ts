/** Takes the noise behind speech out of a file, at its own rate and in all of its channels, in bounded memory. */
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { ffmpegDecoder } from "../audio/ffmpeg-decoder.ts";
import { openWavWriter } from "../audio/wav-writer.ts";
import { emptySpectrogram, openStft, type Spectrogram } from "../dsp/stft.ts";
import { hannWindow } from "../dsp/windows.ts";
import type { InferenceSession } from "../models/inference.ts";
import type { FoundModel } from "../models/model-library.ts";
import { audioWindows } from "./audio-windows.ts";
import { GTCRN, openGtcrn } from "./gtcrn.ts";
import type { OperationContext } from "./operation.ts";
import { storageError, withSource } from "./run-ffmpeg-filter.ts";
import { withNetwork } from "./run-network.ts";
import { inFormat, makeFinite } from "./stem-format.ts";

/** Rates whose frames of 32 ms have 2^n or 3 · 2^n samples are these times a power of two. */
const FRAME_RATES = [8000, 12_000] as const;
/** Frames in one run over the network: 8 s. */
const FRAMES = 512;
/** The network's result depends on the level: it is best from -25 to -15 dBFS, and loses 2 dB of SNR at -50. */
const BEST_LUFS = -20;
/** What is above the network's band takes the gain of its bins from 6 kHz on: measured, docs/processing.md. */
const UPPER_BIN = 192;
const LEAST_POWER = 1e-20;
/** A decode waits for the network. */
const SECONDS_PER_AUDIO_SECOND = 4;

export interface SpeechNoise {
  readonly inputPath: string;
  /** Gets a WAV of floating point, as long as the input. Must not exist yet. */
  readonly outputPath: string;
  /** Loudness of the input; null where it has none. */
  readonly integratedLufs: number | null;
  /** How much quieter the noise becomes at most; null: as much as the network finds. */
  readonly reductionDb: number | null;
  readonly durationSeconds: number;
}

/**
 * Every channel by itself. Spectra of frames of 32 ms at the file's own rate, or the next one above that fits such frames, hold the
 * network's bins as they are; those above 8 kHz are turned down by as much as the uppermost of them. Aligned with the input, and as long.
 * @throws AppError as decoders and the runtime do; unavailable for a full disk.
 * @returns Whether the decoder met damaged data.
 */
export async function denoiseSpeech(
  model: FoundModel,
  noise: SpeechNoise,
  context: OperationContext,
  onShare: (share: number) => void,
): Promise<{ readonly isDamaged: boolean }> {
  return await withSource(noise.inputPath, async (source) => {
    const { signal } = context;
    const maxDecodeSeconds = context.limits.maxDecodeSeconds + SECONDS_PER_AUDIO_SECOND * noise.durationSeconds;
    const limits = { ...context.limits, maxDecodeSeconds };
    const { format, blocks, isDamaged } = await ffmpegDecoder(context.ffmpeg).open(source, { limits, signal });
    const inner = { sampleRate: frameRate(format.sampleRate), channels: format.channels };
    const read = { samples: 0 };
    const use = async (session: InferenceSession) => {
      const spectral = enhanced(session, inFormat(counted(blocks, read), format, inner), inner, noise);
      await write(inFormat(spectral, inner, format), format, noise.outputPath, read, (samples) => {
        onShare(Math.min(1, samples / format.sampleRate / noise.durationSeconds));
      });
    };
    await withNetwork(model, signal, use, { threads: 1 });
    return { isDamaged: isDamaged() };
  });
}

/** The least rate, not below the given one, whose frames the transform takes. */
function frameRate(sampleRate: number): number {
  const candidates = FRAME_RATES.map((rate) => rate * 2 ** Math.max(0, Math.ceil(Math.log2(sampleRate / rate))));
  return Math.min(...candidates);
}

async function* counted(blocks: AsyncIterable<AudioBlock>, read: { samples: number }): AsyncGenerator<AudioBlock> {
  for await (const block of blocks) {
    makeFinite(block);
    read.samples += block.length;
    yield block;
  }
}

async function write(
  blocks: AsyncIterable<AudioBlock>,
  format: AudioFormat,
  path: string,
  read: { readonly samples: number },
  onWritten: (samples: number) => void,
): Promise<void> {
  try {
    const writer = await openWavWriter(path, format, "float32");
    try {
      let written = 0;
      for await (const { channels, length } of blocks) {
        // There and back between rates can give a sample more than there was.
        const count = Math.min(length, read.samples - written);
        await writer.write({ channels, length: count });
        written += count;
        onWritten(written);
      }
      await writer.finish();
    } finally {
      await writer.close();
    }
  } catch (error) {
    throw storageError(error);
  }
}

async function* enhanced(
  session: InferenceSession,
  blocks: AsyncIterable<AudioBlock>,
  { sampleRate, channels }: AudioFormat,
  { integratedLufs, reductionDb }: SpeechNoise,
): AsyncGenerator<AudioBlock> {
  const nFft = (sampleRate * GTCRN.nFft) / GTCRN.sampleRate;
  const hop = nFft / 2;
  const step = FRAMES * hop;
  const stft = openStft(nFft, hop, hannWindow(nFft).map(Math.sqrt));
  const scale = (GTCRN.nFft / nFft) * 10 ** ((BEST_LUFS - (integratedLufs ?? BEST_LUFS)) / 20);
  const dry = reductionDb === null ? 0 : 10 ** (-reductionDb / 20);
  const networks = Array.from({ length: channels }, () => openGtcrn(session));
  const y = networks.map(() => new Float32Array(hop + step));
  const read = { samples: 0 };
  const plan = { before: hop, length: step, step, beyond: hop };
  for await (const window of audioWindows(counted(blocks, read), channels, plan)) {
    const frames = Math.min(FRAMES, Math.ceil((read.samples - window.start) / hop) + 1);
    for (const [channel, samples] of window.channels.entries()) {
      const spectra = stft.analyse(samples, frames);
      const speech = await networks[channel](lowBins(spectra, scale));
      stft.overlapAdd(blended(spectra, speech, scale, dry), y[channel]);
    }
    // What follows the step is still to be added to by the next window's frames.
    const from = window.start === 0 ? hop : 0;
    const count = Math.min(step - from, read.samples - (window.start - hop + from));
    if (count > 0) yield { channels: y.map((samples) => samples.slice(from, from + count)), length: count };
    for (const samples of y) {
      samples.copyWithin(0, step);
      samples.fill(0, hop);
    }
  }
}

/** The network's bins, scaled to what it expects; zeros where the rate has fewer. */
function lowBins({ frames, bins, real, imaginary }: Spectrogram, scale: number): Spectrogram {
  const low = emptySpectrogram(frames, GTCRN.bins);
  for (let frame = 0; frame < frames; frame++) {
    for (let bin = 0; bin < Math.min(bins, low.bins); bin++) {
      low.real[frame * low.bins + bin] = scale * real[frame * bins + bin];
      low.imaginary[frame * low.bins + bin] = scale * imaginary[frame * bins + bin];
    }
  }
  return low;
}

/** The speech, with as much of the input as stays. */
function blended(input: Spectrogram, speech: Spectrogram, scale: number, dry: number): Spectrogram {
  const { frames, bins } = input;
  const result = emptySpectrogram(frames, bins);
  for (let frame = 0; frame < frames; frame++) {
    const upper = dry + (1 - dry) * upperGain(input, speech, scale, frame);
    for (let bin = 0; bin < bins; bin++) {
      const cell = frame * bins + bin;
      const low = frame * speech.bins + bin;
      const isLow = bin < speech.bins;
      const wet = (1 - dry) / scale;
      result.real[cell] = isLow ? dry * input.real[cell] + wet * speech.real[low] : upper * input.real[cell];
      result.imaginary[cell] = isLow
        ? dry * input.imaginary[cell] + wet * speech.imaginary[low]
        : upper * input.imaginary[cell];
    }
  }
  return result;
}

/** The gain from 6 to 8 kHz, at most 1; 0 in silence. */
function upperGain(input: Spectrogram, speech: Spectrogram, scale: number, frame: number): number {
  let [before, after] = [LEAST_POWER, 0];
  for (let bin = UPPER_BIN; bin < Math.min(input.bins, speech.bins); bin++) {
    const cell = frame * input.bins + bin;
    const low = frame * speech.bins + bin;
    before += (scale * input.real[cell]) ** 2 + (scale * input.imaginary[cell]) ** 2;
    after += speech.real[low] ** 2 + speech.imaginary[low] ** 2;
  }
  return Math.min(1, Math.sqrt(after / before));
}
