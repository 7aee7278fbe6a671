/** The spectrogram beside the waveform of those Demucs files that leave it outside the network. */
import { emptySpectrogram, openStft, reflectPad, resynthesise, type Spectrogram, type Stft } from "../dsp/stft.ts";
import type { InferenceSession, TensorInfo } from "../models/inference.ts";
import { wrongShape } from "./network-stems.ts";

const N_FFT = 4096;
const HOP = 1024;
/** torch.stft's `normalized`. */
const NORM = Math.sqrt(N_FFT);
/** Of the network: the bin at half the rate is left out. */
const BINS = N_FFT / 2;
/** Frames at each end that the network does not see. */
const EDGE_FRAMES = 2;
const PAD = (HOP / 2) * 3;
const CENTRE = N_FFT / 2;
const CHANNELS = 2;

/**
 * Runs a segment, `[channel][sample]` of two channels, through a network with two inputs: the waveform `[1][2][n]` and its spectrum
 * `[1][4][2048][frame]` (real and imaginary part of each channel), which gives both for each stem. The waveform of a stem is the
 * sum of the two. Gives `[stem][channel][sample]`. Défossez, "Hybrid spectrogram and waveform source separation", ISMIR MDX
 * workshop 2021. @throws AppError internal when the network's inputs or outputs are others.
 */
export async function runHybrid(session: InferenceSession, segment: Float32Array): Promise<Float32Array> {
  const length = segment.length / CHANNELS;
  const frames = Math.ceil(length / HOP);
  const stft = openStft(N_FFT, HOP);
  const spectrum = new Float32Array(2 * CHANNELS * BINS * frames);
  for (let channel = 0; channel < CHANNELS; channel++) {
    const samples = segment.subarray(channel * length, (channel + 1) * length);
    packSpectrum(analyse(stft, samples, frames), frames, spectrum, channel);
  }
  const outputs = await session.run({
    [withRank(session.inputs, 3).name]: { data: segment, dims: [1, CHANNELS, length] },
    [withRank(session.inputs, 4).name]: { data: spectrum, dims: [1, 2 * CHANNELS, BINS, frames] },
  });
  const waves = outputs[withRank(session.outputs, 4).name].data;
  const spectra = outputs[withRank(session.outputs, 5).name].data;
  const stemSize = spectrum.length;
  const stems = waves.length / segment.length;
  if (!Number.isInteger(stems) || spectra.length !== stems * stemSize) throw wrongShape();
  const result = waves.slice();
  for (let row = 0; row < stems * CHANNELS; row++) {
    const [stem, channel] = [Math.floor(row / CHANNELS), row % CHANNELS];
    const own = spectra.subarray(stem * stemSize, (stem + 1) * stemSize);
    const y = resynthesise(stft, unpackSpectrum(own, frames, channel));
    for (let n = 0; n < length; n++) result[row * length + n] += NORM * y[CENTRE + PAD + n];
  }
  return result;
}

function analyse(stft: Stft, samples: Float32Array, frames: number): Spectrogram {
  const padded = reflectPad(samples, PAD, PAD + frames * HOP - samples.length);
  return stft.analyse(reflectPad(padded, CENTRE, CENTRE), frames + 2 * EDGE_FRAMES);
}

/** `[real, imaginary][bin][frame]` of one channel. */
function packSpectrum({ bins, real, imaginary }: Spectrogram, frames: number, target: Float32Array, channel: number) {
  for (const [part, values] of [real, imaginary].entries()) {
    const plane = (2 * channel + part) * BINS * frames;
    for (let frame = 0; frame < frames; frame++) {
      const row = (frame + EDGE_FRAMES) * bins;
      for (let bin = 0; bin < BINS; bin++) target[plane + bin * frames + frame] = values[row + bin] / NORM;
    }
  }
}

/** With zeros for the bin and the frames that the network does not give. */
function unpackSpectrum(values: Float32Array, frames: number, channel: number): Spectrogram {
  const spectrogram = emptySpectrogram(frames + 2 * EDGE_FRAMES, BINS + 1);
  for (const [part, target] of [spectrogram.real, spectrogram.imaginary].entries()) {
    const plane = (2 * channel + part) * BINS * frames;
    for (let frame = 0; frame < frames; frame++) {
      const row = (frame + EDGE_FRAMES) * spectrogram.bins;
      for (let bin = 0; bin < BINS; bin++) target[row + bin] = values[plane + bin * frames + frame];
    }
  }
  return spectrogram;
}

function withRank(infos: readonly TensorInfo[], rank: number): TensorInfo {
  const found = infos.find(({ dims }) => dims.length === rank);
  if (found === undefined) throw wrongShape();
  return found;
}
