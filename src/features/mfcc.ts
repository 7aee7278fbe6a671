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

/** Bands are kept as steps of 80 dB / 65535 from the limit so far: lower ones would be raised anyway. */
const CODES = 65_535;

/** Frames that came together: their coefficients under the limit of then, and their bands. */
interface Chunk {
  readonly coefficients: Float32Array;
  readonly codes: Uint16Array;
  readonly leastDb: number;
}

/**
 * The first 20 DCT-II coefficients of each frame's 128 mel bands in dB (reference 1, floor 1e-10), limited to 80 dB below the
 * greatest band of the whole file: librosa.feature.mfcc. That limit is known only at the end, so the bands are kept until
 * then in 16 bits, and what bands are still to be raised by is added as its own transform: only such bands carry the rounding,
 * 0.0006 dB. 336 bytes a frame, 156 MB for three hours. Silence gives -100 dB bands. Davis & Mermelstein, "Comparison of
 * parametric representations for monosyllabic word recognition", IEEE Trans. ASSP 28(4), 1980.
 */
export const mfcc: Feature<MelChunk, Mfcc> = {
  name: "mfcc",
  from: melSpectrogram,
  open() {
    const kernel = openKernel();
    const { functions } = kernel;
    const filters = dctRows(MFCC_COUNT, MEL_BANDS).map((weights) => ({ first: 0, weights }));
    const { rows, bands, apply } = openFilterBank(kernel, filters, MEL_BANDS, FRAMES_PER_CHUNK);
    const words = kernel.integers((FRAMES_PER_CHUNK * MEL_BANDS) / 2);
    const codes = new Uint16Array(words.buffer, words.byteOffset, 2 * words.length);
    const chunks: Chunk[] = [];
    let greatestDb = Number.NEGATIVE_INFINITY;

    function keep({ mel, frames }: MelChunk): void {
      const count = frames * MEL_BANDS;
      rows.set(mel.subarray(0, count));
      greatestDb = Math.max(greatestDb, functions.decibels(rows.byteOffset, count, POWER_FLOOR));
      const leastDb = Math.fround(greatestDb - TOP_DB);
      functions.quantise(rows.byteOffset, count, leastDb, CODES / TOP_DB, codes.byteOffset);
      functions.raise(rows.byteOffset, count, leastDb);
      apply(frames);
      chunks.push({
        coefficients: bands.slice(0, frames * MFCC_COUNT),
        codes: codes.slice(0, count),
        leastDb,
      });
    }

    /** Adds what the limit of the whole file changes in a chunk. */
    function limit({ coefficients, codes: kept, leastDb }: Chunk): void {
      const limitDb = Math.fround(greatestDb - TOP_DB);
      if (leastDb === limitDb) return;
      codes.set(kept);
      functions.dequantise(codes.byteOffset, kept.length, leastDb, TOP_DB / CODES, rows.byteOffset);
      functions.shortfall(rows.byteOffset, kept.length, limitDb);
      apply(kept.length / MEL_BANDS);
      for (let index = 0; index < coefficients.length; index++) coefficients[index] += bands[index];
    }

    return {
      push: keep,
      finish() {
        const frames = chunks.reduce((sum, chunk) => sum + chunk.coefficients.length, 0) / MFCC_COUNT;
        const coefficients = new Float32Array(frames * MFCC_COUNT);
        let written = 0;
        for (const chunk of chunks) {
          limit(chunk);
          coefficients.set(chunk.coefficients, written);
          written += chunk.coefficients.length;
        }
        return { coefficients, frames };
      },
    };
  },
};
