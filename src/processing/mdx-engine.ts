/** Separation by the networks of KUIELab-MDX-Net, one for each stem, on complex spectra of chunks that do not overlap. */
import type { AudioBlock } from "../audio/audio-format.ts";
import { emptySpectrogram, openStft, reflectPad, resynthesise, type Spectrogram } from "../dsp/stft.ts";
import { audioWindows } from "./audio-windows.ts";
import { checkRanks, type LoadNetworks, NETWORK_FORMAT, runNetwork, wrongShape } from "./network-stems.ts";
import {
  type RecordingStatistics,
  type SeparationEngine,
  type SeparationPass,
  STEMS,
  type StemName,
} from "./separation-engine.ts";

const HOP = 1024;
/** The lowest bins are what the networks see; those above stay empty. */
const BINS = 2048;
const N_FFT: Readonly<Record<StemName, number>> = {
  vocals: 3 * BINS,
  drums: 2 * BINS,
  bass: 8 * BINS,
  other: 4 * BINS,
};
/** Real and imaginary part of two channels. */
const PLANES = 4;

/**
 * Kim, Choi, Chung, Lee & Jung, "KUIELab-MDX-Net: a two-stream neural network for music demixing", ISMIR MDX workshop 2021: its
 * spectrogram stream, without the blend with Demucs and without the mixer. A network takes `[1][4][2048][frame]` and gives the
 * same; the number of frames is that of its file. The stems do not add up to the mixture.
 */
export function mdxEngine(load: LoadNetworks): SeparationEngine {
  const passes = STEMS.map(
    (stem): SeparationPass => ({
      stems: [stem],
      separate: (blocks, statistics) => separate(load, stem, blocks, statistics),
    }),
  );
  return { name: "mdx", sumsToMixture: false, formatFor: () => NETWORK_FORMAT, passes: () => passes };
}

async function* separate(
  load: LoadNetworks,
  stem: StemName,
  blocks: AsyncIterable<AudioBlock>,
  { length }: RecordingStatistics,
): AsyncGenerator<readonly AudioBlock[]> {
  const [session] = await load([stem]);
  checkRanks(session, [4]);
  const frames = session.inputs[0].dims[3];
  const stft = openStft(N_FFT[stem], HOP);
  // Half a frame at each end of a chunk is context, and is cut off.
  const trim = stft.nFft / 2;
  const chunk = HOP * ((frames ?? 0) - 1);
  const step = chunk - 2 * trim;
  if (frames === null || step <= 0) throw wrongShape();
  const plan = { before: trim, length: chunk - trim, step, beyond: 0 };
  for await (const { channels, start } of audioWindows(blocks, 2, plan)) {
    const input = new Float32Array(PLANES * BINS * frames);
    for (const [channel, samples] of channels.entries()) {
      pack(stft.analyse(reflectPad(samples, trim, trim), frames), input, channel);
    }
    const output = await runNetwork(session, { data: input, dims: [1, PLANES, BINS, frames] }, input.length);
    const count = Math.min(step, length - start);
    const stemChannels = channels.map((_, channel) => {
      const y = resynthesise(stft, unpack(output, frames, stft.bins, channel));
      // The transform's own padding, then the context.
      return y.slice(2 * trim, 2 * trim + count);
    });
    yield [{ channels: stemChannels, length: count }];
  }
}

/** `[real, imaginary][bin][frame]` of one channel. */
function pack({ frames, bins, real, imaginary }: Spectrogram, target: Float32Array, channel: number): void {
  for (const [part, values] of [real, imaginary].entries()) {
    const plane = (2 * channel + part) * BINS * frames;
    for (let frame = 0; frame < frames; frame++) {
      for (let bin = 0; bin < BINS; bin++) target[plane + bin * frames + frame] = values[frame * bins + bin];
    }
  }
}

function unpack(values: Float32Array, frames: number, bins: number, channel: number): Spectrogram {
  const spectrogram = emptySpectrogram(frames, bins);
  for (const [part, target] of [spectrogram.real, spectrogram.imaginary].entries()) {
    const plane = (2 * channel + part) * BINS * frames;
    for (let frame = 0; frame < frames; frame++) {
      for (let bin = 0; bin < BINS; bin++) target[frame * bins + bin] = values[plane + bin * frames + frame];
    }
  }
  return spectrogram;
}
