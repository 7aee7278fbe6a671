/** Mel-frequency cepstral coefficients. */
import { dctMatrix } from "../dsp/dct.ts";
import { powerToDecibels } from "../dsp/decibels.ts";
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
const FRAMES_PER_PAGE = 1024;

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
    const pages: Float32Array[] = [];
    let frameCount = 0;
    let greatestDb = Number.NEGATIVE_INFINITY;

    return {
      push({ mel, frames }) {
        for (let frame = 0; frame < frames; frame++) {
          const inPage = frameCount % FRAMES_PER_PAGE;
          if (inPage === 0) pages.push(new Float32Array(FRAMES_PER_PAGE * MEL_BANDS));
          const page = pages[pages.length - 1];
          for (let band = 0; band < MEL_BANDS; band++) {
            const db = powerToDecibels(Math.max(mel[frame * MEL_BANDS + band], POWER_FLOOR));
            if (db > greatestDb) greatestDb = db;
            page[inPage * MEL_BANDS + band] = db;
          }
          frameCount++;
        }
      },
      finish() {
        const matrix = dctMatrix(MFCC_COUNT, MEL_BANDS);
        const coefficients = new Float32Array(frameCount * MFCC_COUNT);
        const row = new Float64Array(MEL_BANDS);
        for (let frame = 0; frame < frameCount; frame++) {
          const page = pages[Math.floor(frame / FRAMES_PER_PAGE)];
          const start = (frame % FRAMES_PER_PAGE) * MEL_BANDS;
          for (let band = 0; band < MEL_BANDS; band++) row[band] = Math.max(page[start + band], greatestDb - TOP_DB);
          for (let k = 0; k < MFCC_COUNT; k++) {
            let sum = 0;
            for (let band = 0; band < MEL_BANDS; band++) sum += matrix[k * MEL_BANDS + band] * row[band];
            coefficients[frame * MFCC_COUNT + k] = sum;
          }
        }
        return { coefficients, frames: frameCount };
      },
    };
  },
};
