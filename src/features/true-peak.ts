/** Sample peak and true peak of the original signal. */
import { openTruePeakMeter } from "../dsp/true-peak.ts";
import type { Feature } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

/** The greatest values over all channels. */
export interface TruePeaks {
  /** Greatest absolute sample; 1 is full scale, 0 silence. */
  readonly samplePeak: number;
  /** Greatest absolute value of the oversampled signal, at least the sample peak. */
  readonly truePeak: number;
  /** Where the true peak is, seconds; the first place of the first channel that has it. */
  readonly truePeakSeconds: number;
}

/** The peaks over all channels, LFE included (ITU-R BS.1770-5, annex 2); see dsp/true-peak.ts for how far they are exact. */
export const truePeak: Feature<FiniteBlock, TruePeaks> = {
  name: "truePeak",
  from: finiteSamples,
  open({ sampleRate, channels }) {
    const meters = Array.from({ length: channels }, () => openTruePeakMeter(sampleRate));
    return {
      push(block) {
        for (let channel = 0; channel < channels; channel++) meters[channel].push(block.channels[channel]);
      },
      finish() {
        const peaks = meters.map((meter) => meter.end());
        const highest = peaks.reduce((best, one) => (one.peak > best.peak ? one : best));
        return {
          samplePeak: Math.max(...peaks.map((one) => one.samplePeak)),
          truePeak: highest.peak,
          truePeakSeconds: highest.position / sampleRate,
        };
      },
    };
  },
};
