/** The input of the beat network: a compressed mel spectrogram with 50 frames a second. */
import { openFilterBank } from "../dsp/filter-bank.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { melFilters } from "../dsp/mel-filter-bank.ts";
import { FRAMES_PER_CHUNK, openPowerSpectrogram } from "../dsp/power-spectrogram.ts";
import type { Stage } from "./extractor.ts";
import { MONO_SAMPLE_RATE, type MonoChunk, monoSignal } from "./mono-signal.ts";

/** What the network was trained on; scripts/network.ts checks it. */
export const BEAT_SPECTRUM = {
  sampleRate: MONO_SAMPLE_RATE,
  nFft: 1024,
  hopLength: 441,
  bands: 96,
  minHz: 30,
  maxHz: 10_000,
  gain: 1000,
} as const;
/** Distance of the frames, seconds. */
export const BEAT_HOP_SECONDS = BEAT_SPECTRUM.hopLength / MONO_SAMPLE_RATE;

/** Consecutive frames: the first `frames` rows of `bands`, `[frame][band]` flat, 96 values each. */
export interface BeatSpectrumChunk {
  readonly bands: Float32Array;
  readonly frames: number;
}

/**
 * ln(1 + 1000 · power) of 96 mel bands from 30 Hz to 10 kHz, of frames of 1024 samples (46 ms) every 20 ms, centred, as the
 * network was trained on. Frame t stands for t / 50 seconds. Silence gives 0.
 */
export const beatSpectrogram: Stage<MonoChunk, BeatSpectrumChunk> = {
  name: "beatSpectrogram",
  from: monoSignal,
  open() {
    const { sampleRate, nFft, hopLength, bands, minHz, maxHz, gain } = BEAT_SPECTRUM;
    const spectrogram = openPowerSpectrogram(nFft, hopLength);
    const kernel = openKernel();
    const bins = nFft / 2 + 1;
    const bank = openFilterBank(kernel, melFilters(sampleRate, nFft, bands, minHz, maxHz), bins, FRAMES_PER_CHUNK);

    function bandsOf(power: Float32Array, frames: number): BeatSpectrumChunk {
      bank.rows.set(power.subarray(0, frames * bins));
      bank.apply(frames);
      kernel.functions.logCompress(bank.bands.byteOffset, frames * bands, gain);
      return { bands: bank.bands, frames };
    }

    return {
      push: ({ samples, length }, emit) =>
        spectrogram.push(samples, length, (power, frames) => emit(bandsOf(power, frames))),
      end: (emit) => spectrogram.end((power, frames) => emit(bandsOf(power, frames))),
    };
  },
};
