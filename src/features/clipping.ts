/** Where the original signal was cut off. */
import { type FlatTopRegion, openFlatTopDetector } from "../dsp/flat-tops.ts";
import type { Feature } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

/** Chance gives three equal samples at a level now and then; a limit of a converter or a program leaves many. */
const MIN_RUNS = 5;
/** At full scale a single run of this many samples is enough; 0.9998 is the last but five steps of 16 bits. */
const FULL_SCALE = 0.9998;
/** Levels this near are one limit, seen through dither or rounding. */
const LEVEL_SPREAD = 4 / 32_768;

export interface ClippedRegion {
  readonly channel: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Absolute; 1 is full scale. */
  readonly level: number;
  readonly runs: number;
  readonly samples: number;
}

export interface Clipping {
  /** By their beginning; runs at one level within 0.1 s are one region. */
  readonly regions: readonly ClippedRegion[];
}

/**
 * Flat tops (see dsp/flat-tops.ts) at levels that were cut off repeatedly: at least 5 runs at one level and polarity of one
 * channel, or any at full scale. Silence and short files have none.
 */
export const clipping: Feature<FiniteBlock, Clipping> = {
  name: "clipping",
  from: finiteSamples,
  open({ sampleRate, channels }) {
    const detectors = Array.from({ length: channels }, () => openFlatTopDetector(sampleRate));
    return {
      push(block) {
        for (let channel = 0; channel < channels; channel++) detectors[channel].push(block.channels[channel]);
      },
      finish() {
        const regions = detectors.flatMap((detector, channel) =>
          atLimits(detector.end()).map(({ start, end, level, runs, samples }) => ({
            channel,
            startSeconds: start / sampleRate,
            endSeconds: end / sampleRate,
            level: Math.abs(level),
            runs,
            samples,
          })),
        );
        return { regions: regions.sort((a, b) => a.startSeconds - b.startSeconds || a.channel - b.channel) };
      },
    };
  },
};

/** The regions whose level is a limit. */
function atLimits(regions: readonly FlatTopRegion[]): FlatTopRegion[] {
  const byLevel = [...regions].sort((a, b) => a.level - b.level);
  const kept: FlatTopRegion[] = [];
  for (let first = 0; first < byLevel.length; ) {
    let last = first;
    while (last + 1 < byLevel.length && byLevel[last + 1].level - byLevel[first].level <= LEVEL_SPREAD) last++;
    const group = byLevel.slice(first, last + 1);
    const runs = group.reduce((sum, region) => sum + region.runs, 0);
    if (runs >= MIN_RUNS || Math.abs(group[0].level) >= FULL_SCALE) kept.push(...group);
    first = last + 1;
  }
  return kept;
}
