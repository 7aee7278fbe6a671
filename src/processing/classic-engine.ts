/** Separation without a model: medians, a crossover, the centre and the lead's harmonics. */
import { setImmediate } from "node:timers/promises";
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { emptySpectrogram, openStft, type Spectrogram, type Stft } from "../dsp/stft.ts";
import { type AudioWindow, audioWindows } from "./audio-windows.ts";
import { classicMasks } from "./classic-masks.ts";
import type { RecordingStatistics, SeparationEngine } from "./separation-engine.ts";

/** At 44.1 and 48 kHz; others take the power of two that lasts about as long. */
const N_FFT = 4096;
const REFERENCE_RATE = 44_100;
const LEAST_N_FFT = 512;
const HOPS_PER_FRAME = 4;
/** A segment is done at a time: short enough to be cancelled soon, long enough that the context costs little. */
const CORE_HOPS = 258;
/** Frames around it that its medians (8 each side) and the lead's path look at. */
const CONTEXT_HOPS = 16;

/**
 * The engine that every machine has. It separates by properties, not by instruments: a lead guitar in the centre is taken for
 * the vocals, toms that ring for bass, consonants for drums. Memory is that of one segment of about 6 s.
 */
export const CLASSIC_ENGINE: SeparationEngine = {
  name: "classic",
  sumsToMixture: true,
  formatFor: ({ sampleRate, channels }) => ({ sampleRate, channels: Math.min(2, channels) }),
  passes: (format) => [
    {
      stems: ["vocals", "drums", "bass", "other"],
      separate: (blocks, statistics) => separate(format, blocks, statistics),
    },
  ],
};

/** The frame length at a rate, samples. */
export function classicFrameLength(sampleRate: number): number {
  return Math.max(LEAST_N_FFT, N_FFT * 2 ** Math.round(Math.log2(sampleRate / REFERENCE_RATE)));
}

async function* separate(
  { sampleRate, channels }: AudioFormat,
  blocks: AsyncIterable<AudioBlock>,
  { length }: RecordingStatistics,
): AsyncGenerator<readonly AudioBlock[]> {
  const nFft = classicFrameLength(sampleRate);
  const stft = openStft(nFft, nFft / HOPS_PER_FRAME);
  const context = CONTEXT_HOPS * stft.hop;
  const core = CORE_HOPS * stft.hop;
  const plan = { before: context, length: core + context, step: core, beyond: 0 };
  for await (const window of audioWindows(blocks, channels, plan)) {
    yield await separateCore(stft, window, sampleRate, context, Math.min(core, length - window.start));
  }
}

/**
 * The stems of the samples after the context. What the three masks leave is the mixture less their sum, so all four add up. A segment takes
 * 0.4 s of a core, so that the process looks up between its pieces: for progress, heartbeats and cancellation.
 */
async function separateCore(
  stft: Stft,
  { channels }: AudioWindow,
  sampleRate: number,
  context: number,
  length: number,
): Promise<readonly AudioBlock[]> {
  const pause = () => setImmediate();
  const frames = Math.ceil((channels[0].length - stft.nFft) / stft.hop) + 1;
  const spectra: Spectrogram[] = [];
  for (const samples of channels) {
    await pause();
    spectra.push(stft.analyse(samples, frames));
  }
  const masks = await classicMasks(spectra, sampleRate / stft.nFft, pause);
  const power = stft.windowPower(frames);
  const scratch = emptySpectrogram(frames, stft.bins);
  const others = channels.map((samples) => samples.slice(context, context + length));
  const stems: Float32Array[][] = [];
  for (const mask of [masks.vocals, masks.drums, masks.bass]) {
    const stem: Float32Array[] = [];
    for (const [channel, spectrum] of spectra.entries()) {
      await pause();
      applyMask(spectrum, mask, scratch);
      const y = new Float32Array(power.length);
      stft.overlapAdd(scratch, y);
      const samples = y.slice(context, context + length);
      for (let n = 0; n < length; n++) {
        samples[n] /= power[context + n];
        others[channel][n] -= samples[n];
      }
      stem.push(samples);
    }
    stems.push(stem);
  }
  await pause();
  return [...stems, others].map((stem) => ({ channels: stem, length }));
}

function applyMask(spectrum: Spectrogram, mask: Float32Array, target: Spectrogram): void {
  for (let cell = 0; cell < mask.length; cell++) {
    target.real[cell] = spectrum.real[cell] * mask[cell];
    target.imaginary[cell] = spectrum.imaginary[cell] * mask[cell];
  }
}
