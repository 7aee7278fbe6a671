/** The mel power spectrogram: the spectrum as bands that are about equally wide to the ear. */
import { createMelFilterBank } from "../dsp/mel-filter-bank.ts";
import type { Stage } from "./extractor.ts";
import { MONO_SAMPLE_RATE } from "./mono-signal.ts";
import { BINS, N_FFT, powerSpectrogram, type SpectrumChunk } from "./power-spectrogram.ts";

export const MEL_BANDS = 128;

/** Consecutive frames: the first `frames` rows of `mel`, `[frame][band]` flat, `MEL_BANDS` values each. */
export interface MelChunk {
  readonly mel: Float64Array;
  readonly frames: number;
}

/** 128 bands from 0 to 11025 Hz of power, as librosa.feature.melspectrogram. */
export const melSpectrogram: Stage<SpectrumChunk, MelChunk> = {
  name: "melSpectrogram",
  from: powerSpectrogram,
  open() {
    const bank = createMelFilterBank(MONO_SAMPLE_RATE, N_FFT, MEL_BANDS, 0, MONO_SAMPLE_RATE / 2);
    let mel = new Float64Array(0);
    return {
      push({ power, frames }, emit) {
        if (mel.length < frames * MEL_BANDS) mel = new Float64Array(frames * MEL_BANDS);
        for (let frame = 0; frame < frames; frame++) bank.apply(power, frame * BINS, mel, frame * MEL_BANDS);
        emit({ mel, frames });
      },
      end() {},
    };
  },
};
