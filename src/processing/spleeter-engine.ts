/** Separation by the networks of Spleeter, one for each stem, which estimate magnitudes that masks are made of. */
import type { AudioBlock } from "../audio/audio-format.ts";
import { openStft, type Spectrogram } from "../dsp/stft.ts";
import type { InferenceSession } from "../models/inference.ts";
import { audioWindows } from "./audio-windows.ts";
import { checkRanks, emptyStems, type LoadNetworks, NETWORK_FORMAT, runNetwork, shiftStems } from "./network-stems.ts";
import { type RecordingStatistics, type SeparationEngine, STEMS } from "./separation-engine.ts";

const N_FFT = 4096;
const HOP = 1024;
/** Zeros before the recording, so that its first sample lies in four frames as every other. */
const PAD = N_FFT - HOP;
/** Frames and bins that the networks see; the bins above, from 11 kHz on, take the frame's mean mask. */
const FRAMES = 512;
const BINS = 1024;
const STEP = FRAMES * HOP;
const EPSILON = 1e-10;
/** What four squared Hann windows, a quarter of their length apart, add up to. */
const WINDOW_POWER = 1.5;

/**
 * Hennequin, Khlif, Voituret & Moussallam, "Spleeter: a fast and efficient music source separation tool with pre-trained
 * models", JOSS 5(50), 2020. Magnitudes `[2][1][512][1024]` in and out; masks are the shares of the squared outputs, so the stems add
 * up to the mixture. One network a stem, all four loaded (80 MB).
 */
export function spleeterEngine(load: LoadNetworks): SeparationEngine {
  return {
    name: "spleeter",
    sumsToMixture: true,
    formatFor: () => NETWORK_FORMAT,
    passes: () => [{ stems: STEMS, separate: (blocks, statistics) => separate(load, blocks, statistics) }],
  };
}

async function* separate(
  load: LoadNetworks,
  blocks: AsyncIterable<AudioBlock>,
  { length }: RecordingStatistics,
): AsyncGenerator<readonly AudioBlock[]> {
  const sessions = await load(STEMS);
  for (const session of sessions) checkRanks(session, [4]);
  const stft = openStft(N_FFT, HOP);
  const stems = emptyStems(STEMS, PAD + STEP);
  const plan = { before: PAD, length: STEP, step: STEP, beyond: PAD };
  for await (const { channels, start } of audioWindows(blocks, 2, plan)) {
    const spectra = channels.map((samples) => stft.analyse(samples, FRAMES));
    const masks = await stemMasks(sessions, spectra);
    for (const [index, stem] of stems.entries()) {
      for (const [channel, samples] of stem.entries()) {
        stft.overlapAdd(masked(spectra[channel], masks[index][channel]), samples);
      }
    }
    // What follows the step is still to be added to by the next window's frames.
    const from = start === 0 ? PAD : 0;
    const count = Math.min(STEP - from, length - (start - PAD + from));
    if (count > 0) yield stems.map((stem) => ({ channels: stem.map((y) => finished(y, from, count)), length: count }));
    shiftStems(stems, STEP);
  }
}

/** `[stem][channel]`, each `[frame][bin]` of the networks' bins and, last, the mean for the bins above. */
async function stemMasks(
  sessions: readonly InferenceSession[],
  spectra: readonly Spectrogram[],
): Promise<readonly (readonly Float32Array[])[]> {
  const input = { data: new Float32Array(2 * FRAMES * BINS), dims: [2, 1, FRAMES, BINS] };
  for (const [channel, { bins, real, imaginary }] of spectra.entries()) {
    for (let frame = 0; frame < FRAMES; frame++) {
      for (let bin = 0; bin < BINS; bin++) {
        const cell = frame * bins + bin;
        input.data[(channel * FRAMES + frame) * BINS + bin] = Math.hypot(real[cell], imaginary[cell]);
      }
    }
  }
  const magnitudes: Float32Array[] = [];
  for (const session of sessions) magnitudes.push(await runNetwork(session, input, input.data.length));
  return magnitudes.map((magnitude) => spectra.map((_, channel) => shareOf(magnitude, magnitudes, channel)));
}

function shareOf(magnitude: Float32Array, all: readonly Float32Array[], channel: number): Float32Array {
  const mask = new Float32Array(FRAMES * (BINS + 1));
  for (let frame = 0; frame < FRAMES; frame++) {
    const row = (channel * FRAMES + frame) * BINS;
    let sum = 0;
    for (let bin = 0; bin < BINS; bin++) {
      let power = EPSILON;
      for (const other of all) power += other[row + bin] ** 2;
      const share = (magnitude[row + bin] ** 2 + EPSILON / all.length) / power;
      mask[frame * (BINS + 1) + bin] = share;
      sum += share;
    }
    mask[frame * (BINS + 1) + BINS] = sum / BINS;
  }
  return mask;
}

function masked({ frames, bins, real, imaginary }: Spectrogram, mask: Float32Array): Spectrogram {
  const product = (values: Float32Array) => {
    const result = new Float32Array(values.length);
    for (let frame = 0, cell = 0; frame < frames; frame++) {
      const row = frame * (BINS + 1);
      for (let bin = 0; bin < bins; bin++, cell++) result[cell] = values[cell] * mask[row + Math.min(bin, BINS)];
    }
    return result;
  };
  return { frames, bins, real: product(real), imaginary: product(imaginary) };
}

function finished(y: Float32Array, from: number, count: number): Float32Array {
  return y.slice(from, from + count).map((value) => value / WINDOW_POWER);
}
