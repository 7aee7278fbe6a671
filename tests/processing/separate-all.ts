/** Separates a signal in memory by every pass of an engine. */
import type { AudioBlock } from "../../src/audio/audio-format.ts";
import type { RecordingStatistics, SeparationEngine } from "../../src/processing/separation-engine.ts";

/** Odd, so that blocks meet no engine's grid. */
const BLOCK = 11_027;

/** `[channel][sample]` of each stem. */
export async function separateAll(
  engine: SeparationEngine,
  mixture: readonly Float32Array[],
  sampleRate: number,
): Promise<Map<string, Float32Array[]>> {
  const length = mixture[0].length;
  const stems = new Map<string, Float32Array[]>();
  for (const pass of engine.passes({ sampleRate, channels: mixture.length })) {
    const separated = pass.stems.map(() => mixture.map(() => new Float32Array(length)));
    let at = 0;
    for await (const blocks of pass.separate(blocksOf(mixture), statisticsOf(mixture))) {
      for (const [stem, block] of blocks.entries()) {
        for (const [channel, samples] of block.channels.entries()) separated[stem][channel].set(samples, at);
      }
      at += blocks[0].length;
    }
    if (at !== length) throw new Error(`${at} samples came out of ${length}.`);
    for (const [index, name] of pass.stems.entries()) stems.set(name, separated[index]);
  }
  return stems;
}

async function* blocksOf(mixture: readonly Float32Array[]): AsyncGenerator<AudioBlock> {
  for (let start = 0; start < mixture[0].length; start += BLOCK) {
    const channels = mixture.map((samples) => samples.subarray(start, start + BLOCK));
    yield { channels, length: channels[0].length };
  }
}

function statisticsOf(mixture: readonly Float32Array[]): RecordingStatistics {
  const length = mixture[0].length;
  const mono = Float64Array.from({ length }, (_, n) => {
    return mixture.reduce((sum, samples) => sum + samples[n], 0) / mixture.length;
  });
  const mean = mono.reduce((sum, value) => sum + value, 0) / length;
  const squares = mono.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { length, mean, standardDeviation: Math.sqrt(squares / (length - 1)) };
}
