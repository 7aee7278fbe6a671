/** Why analyses of the mono mix hear nothing in a file. */
import { powerToDecibels } from "../dsp/decibels.ts";
import type { SignalLevel } from "../features/signal-level.ts";

const BAND_HZ = 11_025;

/**
 * The reason why no frame of the analysis copy (mono, up to 11.025 kHz) exceeds `silenceDbfs`: no samples, digital silence, too
 * low a level, sound above the band, or channels of opposite polarity.
 */
export function whyUnheard(level: SignalLevel, silenceDbfs: number): string {
  const { sampleCount, channels, sampleRate, sumOfSquares, zeroCrossings } = level;
  if (sampleCount === 0) return "The file holds no samples.";
  if (sumOfSquares === 0) return "The file is digital silence.";
  const rmsDbfs = powerToDecibels(sumOfSquares / (sampleCount * channels));
  if (rmsDbfs <= silenceDbfs) return `Nothing in the file is above ${silenceDbfs} dBFS.`;
  // A tone crosses zero twice a period.
  const meanHz = (zeroCrossings / channels / sampleCount) * (sampleRate / 2);
  if (channels === 1 || meanHz > BAND_HZ) return `All sound lies above the ${BAND_HZ} Hz that this analysis sees.`;
  return "The channels cancel in the mono mix that this analysis sees (opposite polarity).";
}
