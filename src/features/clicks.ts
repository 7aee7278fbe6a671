/** Clicks in the original signal. */
import { openClickDetector } from "../dsp/click-detection.ts";
import type { Feature } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

/** Clicks that are kept, over all channels; a crackling record has no end of them. */
const MAX_CLICKS = 4000;

export interface ChannelClick {
  readonly channel: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Greatest distance from the samples that would fit, 1 is full scale. */
  readonly amplitude: number;
  /** The amplitude over the RMS of the 40 ms on both sides. */
  readonly overLevel: number;
}

export interface Clicks {
  /** In order of time; of each channel the first ones, no more than 4000 in all. */
  readonly clicks: readonly ChannelClick[];
  /** All that were found; a click in two channels counts twice. */
  readonly count: number;
}

/** Stretches of 1 to 25 samples that do not fit what is around them (dsp/click-detection.ts), in each channel. Silence has none. */
export const clicks: Feature<FiniteBlock, Clicks> = {
  name: "clicks",
  from: finiteSamples,
  open({ sampleRate, channels }) {
    const found: ChannelClick[] = [];
    const counts = new Uint32Array(channels);
    const detectors = Array.from({ length: channels }, (_, channel) =>
      openClickDetector(sampleRate, ({ start, end, amplitude, overLevel }) => {
        counts[channel]++;
        if (counts[channel] > MAX_CLICKS / channels) return;
        found.push({ channel, startSeconds: start / sampleRate, endSeconds: end / sampleRate, amplitude, overLevel });
      }),
    );
    return {
      push(block) {
        for (let channel = 0; channel < channels; channel++) detectors[channel].push(block.channels[channel]);
      },
      finish() {
        for (const detector of detectors) detector.end();
        found.sort((a, b) => a.startSeconds - b.startSeconds || a.channel - b.channel);
        return { clicks: found, count: counts.reduce((sum, count) => sum + count, 0) };
      },
    };
  },
};
