/** A recording in the form that an engine takes, and stems in the form of the recording. */
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { joined } from "../dsp/joined.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { openResampler, type Resampler } from "../dsp/resampler.ts";

/** -3 dB, as ITU-R BS.775-4, annex 8, adds the centre and the surrounds to the front. */
const DOWNMIX_GAIN = Math.SQRT1_2;

/** What the stems of a recording have: its rate, and one or two channels. */
export function stemFormat({ sampleRate, channels }: AudioFormat): AudioFormat {
  return { sampleRate, channels: Math.min(2, channels) };
}

/** The blocks with every sample finite (others become 0), and no more than two channels. */
export async function* stereoBlocks(blocks: AsyncIterable<AudioBlock>): AsyncGenerator<AudioBlock> {
  for await (const block of blocks) {
    makeFinite(block);
    const { channels, length } = block;
    yield channels.length > 2 ? { channels: downmixed(channels, length), length } : { channels, length };
  }
}

/** Sets what is no number, or infinite, to 0. */
export function makeFinite({ channels, length }: AudioBlock): void {
  for (const samples of channels) {
    for (let n = 0; n < length; n++) if (!Number.isFinite(samples[n])) samples[n] = 0;
  }
}

/**
 * Left and right of 3 to 8 channels in the order of WAVE_FORMAT_EXTENSIBLE (L R C, LFE from six on, surrounds in pairs); the LFE is
 * left out. Of more channels the places are unknown: they go left and right in turn.
 */
function downmixed(channels: readonly Float32Array[], length: number): readonly Float32Array[] {
  const [left, right] = [channels[0].slice(0, length), channels[1].slice(0, length)];
  const hasCentre = channels.length !== 4;
  for (const [index, samples] of channels.entries()) {
    if (index < 2 || (index === 3 && channels.length >= 6)) continue;
    const isCentre = (index === 2 && hasCentre) || (channels.length === 7 && index === 4);
    const targets = isCentre ? [left, right] : [(channels.length - index) % 2 === 0 ? left : right];
    for (const target of targets) for (let n = 0; n < length; n++) target[n] += DOWNMIX_GAIN * samples[n];
  }
  return [left, right];
}

/** Blocks at another rate and number of channels: mono is doubled, stereo averaged. */
export async function* inFormat(
  blocks: AsyncIterable<AudioBlock>,
  from: AudioFormat,
  to: AudioFormat,
): AsyncGenerator<AudioBlock> {
  const convert = openConversion(from, to);
  for await (const block of blocks) {
    const converted = convert.push(block);
    if (converted.length > 0) yield converted;
  }
  const rest = convert.end();
  if (rest.length > 0) yield rest;
}

export interface Conversion {
  push(block: AudioBlock): AudioBlock;
  end(): AudioBlock;
}

export function openConversion(from: AudioFormat, to: AudioFormat): Conversion {
  const resamplers = Array.from({ length: to.channels }, () =>
    openResampler(openKernel(), from.sampleRate, to.sampleRate),
  );
  const collect = (run: (resampler: Resampler, channel: number, emit: (y: Float32Array) => void) => void) => {
    const channels = resamplers.map((resampler, channel) => {
      const parts: Float32Array[] = [];
      run(resampler, channel, (y) => parts.push(y));
      return joined(parts);
    });
    return { channels, length: channels[0].length };
  };
  return {
    push({ channels, length }) {
      const rows = withChannels(channels, length, to.channels);
      return collect((resampler, channel, emit) =>
        resampler.push(rows[channel], length, (y, count) => emit(y.slice(0, count))),
      );
    },
    end: () => collect((resampler, _, emit) => resampler.end((y, count) => emit(y.slice(0, count)))),
  };
}

function withChannels(channels: readonly Float32Array[], length: number, count: number): readonly Float32Array[] {
  if (channels.length === count) return channels;
  if (count === 2) return [channels[0], channels[0]];
  const [left, right] = channels;
  return [Float32Array.from({ length }, (_, n) => (left[n] + right[n]) / 2)];
}
