/** Beat, downbeat and onset activations by a small network, and the pulse that follows from them. */
import { openConvolutionNetwork } from "../dsp/convolution-network.ts";
import { FloatSeries } from "../dsp/float-series.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { hzToMel } from "../dsp/mel-filter-bank.ts";
import { FRAMES_PER_CHUNK } from "../dsp/power-spectrogram.ts";
import { findPulse, type Pulse } from "../dsp/pulse.ts";
import { openSpectralChange } from "../dsp/spectral-change.ts";
import { BEAT_NETWORK } from "./beat-network.ts";
import { BEAT_HOP_SECONDS, BEAT_SPECTRUM, type BeatSpectrumChunk, beatSpectrogram } from "./beat-spectrogram.ts";
import type { Feature } from "./extractor.ts";
import { blocksOf, HEAD_CHANNELS } from "./network-weights.ts";

/** Frames of silence that the network hears before and after the file, so that a sound at the very start is an onset. */
const SILENT_FRAMES = 8;
/** Where chords are heard: below lies the bass, which moves within them, above are cymbals. */
const CHORDS_HZ = { from: 300, to: 2700 };

export interface BeatTrack {
  /** `[frame]`: chance of a beat, a downbeat and an onset at t · hopSeconds, in [0, 1]. */
  readonly beat: Float32Array;
  readonly downbeat: Float32Array;
  readonly onset: Float32Array;
  /** `[frame]`: how much the spectrum changes between 300 Hz and 2.7 kHz (dsp/spectral-change.ts). */
  readonly change: Float32Array;
  readonly hopSeconds: number;
  /** The pulse at a tempo that listeners tap; null where there are too few beats. */
  readonly pulse: Pulse | null;
  /** Whether beats and downbeats are those of Hark's own network, with which the confidences were calibrated. */
  readonly isOwn: boolean;
}

/**
 * What a network trained on synthesised music (training/README.md) makes of the spectrum, with the changes of the spectrum 16 bytes a frame: 9 MB for three
 * hours. A silent file has activations too: what the network says of silence.
 * Davies & Böck, "Temporal convolutional networks for musical audio beat tracking", EUSIPCO, 2019; Böck & Davies, "Deconstruct, analyse,
 * reconstruct: how to improve tempo, beat, and downbeat estimation", ISMIR, 2020.
 */
export const beatTrack: Feature<BeatSpectrumChunk, BeatTrack> = {
  name: "beatTrack",
  from: beatSpectrogram,
  open() {
    const network = openConvolutionNetwork(openKernel(), blocksOf(BEAT_NETWORK), FRAMES_PER_CHUNK);
    const silence = new Float32Array(SILENT_FRAMES * BEAT_SPECTRUM.bands);
    let frameCount = 0;
    const [beat, downbeat, onset] = [new FloatSeries(), new FloatSeries(), new FloatSeries()];
    const change = new FloatSeries();
    const changes = openSpectralChange(BEAT_SPECTRUM.bands, bandFrom(CHORDS_HZ.from), bandFrom(CHORDS_HZ.to), (value) =>
      change.push(value),
    );

    function keep(logits: Float32Array, frames: number): void {
      for (let frame = 0; frame < frames; frame++) {
        const head = frame * HEAD_CHANNELS;
        beat.push(sigmoid(logits[head]));
        downbeat.push(sigmoid(logits[head + 1]));
        onset.push(sigmoid(logits[head + 2]));
      }
    }

    const ofFile = (series: FloatSeries) => series.toArray().subarray(SILENT_FRAMES, SILENT_FRAMES + frameCount);

    network.push(silence, SILENT_FRAMES, keep);
    return {
      push({ bands, frames }) {
        frameCount += frames;
        changes.push(bands, frames);
        network.push(bands.subarray(0, frames * BEAT_SPECTRUM.bands), frames, keep);
      },
      finish() {
        network.push(silence, SILENT_FRAMES, keep);
        network.end(keep);
        changes.end();
        const activations = {
          beat: ofFile(beat),
          downbeat: ofFile(downbeat),
          change: change.toArray(),
          hopSeconds: BEAT_HOP_SECONDS,
        };
        return { ...activations, onset: ofFile(onset), pulse: findPulse(activations), isOwn: true };
      },
    };
  },
};

/** The first band whose middle is at or above a frequency. */
function bandFrom(hz: number): number {
  const { bands, minHz, maxHz } = BEAT_SPECTRUM;
  const step = (hzToMel(maxHz) - hzToMel(minHz)) / (bands + 1);
  return Math.ceil((hzToMel(hz) - hzToMel(minHz)) / step - 1);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
