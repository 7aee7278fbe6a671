/** Runs features and stages over whole signals, for tests. */
import type { AudioFormat } from "../../src/audio/audio-format.ts";
import { openExtraction } from "../../src/features/extraction.ts";
import { finiteSamples } from "../../src/features/finite-samples.ts";
import { MEL_BANDS, melSpectrogram } from "../../src/features/mel-spectrogram.ts";
import { monoSignal } from "../../src/features/mono-signal.ts";
import { BINS, powerSpectrogram } from "../../src/features/power-spectrogram.ts";
import type { FeatureFrames, FeatureName } from "../../src/features/registry.ts";

/** The frames of the features named, from a signal `[channel][sample]` cut into blocks of a length, whole by default. */
export function extract<Name extends FeatureName>(
  channels: readonly Float32Array[],
  sampleRate: number,
  names: readonly Name[],
  blockLength = Number.POSITIVE_INFINITY,
): Pick<FeatureFrames, Name> {
  const extraction = openExtraction({ sampleRate, channels: channels.length }, names);
  const length = channels[0].length;
  for (let start = 0; start < length; start += blockLength) {
    const block = channels.map((samples) => samples.slice(start, start + blockLength));
    extraction.push({ channels: block, length: block[0].length });
  }
  return extraction.finish();
}

/** The analysis copy and the rows of its power and mel spectrograms. */
export function stagesOf(channels: readonly Float32Array[], sampleRate: number) {
  const format: AudioFormat = { sampleRate, channels: channels.length };
  const mono: number[] = [];
  const power: Float32Array[] = [];
  const mel: Float32Array[] = [];
  const [finiteRun, monoRun] = [finiteSamples.open(format), monoSignal.open(format)];
  const [powerRun, melRun] = [powerSpectrogram.open(format), melSpectrogram.open(format)];
  const onMel = (chunk: { mel: Float32Array; frames: number }) => {
    for (let t = 0; t < chunk.frames; t++) mel.push(chunk.mel.slice(t * MEL_BANDS, (t + 1) * MEL_BANDS));
  };
  const onPower = (chunk: { power: Float32Array; frames: number }) => {
    for (let t = 0; t < chunk.frames; t++) power.push(chunk.power.slice(t * BINS, (t + 1) * BINS));
    melRun.push(chunk, onMel);
  };
  const onMono = (chunk: { samples: Float32Array; length: number }) => {
    mono.push(...chunk.samples.subarray(0, chunk.length));
    powerRun.push(chunk, onPower);
  };
  finiteRun.push({ channels, length: channels[0].length }, (block) => monoRun.push(block, onMono));
  monoRun.end(onMono);
  powerRun.end(onPower);
  return { mono, power, mel };
}
