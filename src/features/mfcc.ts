/** Mel-frequency cepstral coefficients. */
import { dctRows } from "../dsp/dct.ts";
import { openFilterBank } from "../dsp/filter-bank.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { FRAMES_PER_CHUNK } from "../dsp/power-spectrogram.ts";
import type { Feature } from "./extractor.ts";
import { MEL_BANDS, type MelChunk, melSpectrogram } from "./mel-spectrogram.ts";

export const MFCC_COUNT = 20;

export interface Mfcc {
  /** `[frame][coefficient]` flat, `MFCC_COUNT` values a frame. */
  readonly coefficients: Float32Array;
  readonly frames: number;
}

const POWER_FLOOR = 1e-10;
/** Bands this far below the greatest of the whole file are raised to it, dB. */
const TOP_DB = 80;

/**
 * The first 20 DCT-II coefficients of each frame's 128 mel bands in dB (reference 1, floor 1e-10), limited to 80 dB below the
 * greatest band of the whole file: librosa.feature.mfcc. That limit is known only at the end, so the bands in dB are kept
 * until then: 512 bytes a frame, 240 MB for three hours. Silence gives -100 dB bands. Davis & Mermelstein, "Comparison of
 * parametric representations for monosyllabic word recognition", IEEE Trans. ASSP 28(4), 1980.
 */
export const mfcc: Feature<MelChunk, Mfcc> = {
  name: "mfcc",
  from: melSpectrogram,
  open() {
    const kernel = openKernel();
    const filters = dctRows(MFCC_COUNT, MEL_BANDS).map((weights) => ({ first: 0, weights }));
    const cosines = openFilterBank(kernel, filters, MEL_BANDS, FRAMES_PER_CHUNK);
    const { rows } = cosines;
    const chunks: Float32Array[] = [];
    let frameCount = 0;
    let greatestDb = Number.NEGATIVE_INFINITY;

    return {
      push({ mel, frames }) {
        const count = frames * MEL_BANDS;
        rows.set(mel.subarray(0, count));
        greatestDb = Math.max(greatestDb, kernel.functions.decibels(rows.byteOffset, count, POWER_FLOOR));
        chunks.push(rows.slice(0, count));
        frameCount += frames;
      },
      finish() {
        const coefficients = new Float32Array(frameCount * MFCC_COUNT);
        let written = 0;
        for (const chunk of chunks) {
          const frames = chunk.length / MEL_BANDS;
          rows.set(chunk);
          kernel.functions.raise(rows.byteOffset, chunk.length, greatestDb - TOP_DB);
          cosines.apply(frames);
          coefficients.set(cosines.bands.subarray(0, frames * MFCC_COUNT), written);
          written += frames * MFCC_COUNT;
        }
        return { coefficients, frames: frameCount };
      },
    };
  },
};
