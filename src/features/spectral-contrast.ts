/** How far the lines of each octave stand above what lies between them. */
import { powerToDecibels } from "../dsp/decibels.ts";
import { FloatSeries } from "../dsp/float-series.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { FRAMES_PER_CHUNK } from "../dsp/power-spectrogram.ts";
import type { Feature } from "./extractor.ts";
import { BIN_HZ, BINS, powerSpectrogram, type SpectrumChunk } from "./power-spectrogram.ts";

/** Upper edges of the bands, Hz: below 200, then octaves; the last band reaches to the end of the spectrum. */
const CONTRAST_EDGES_HZ = [200, 400, 800, 1600, 3200, 6400] as const;
export const CONTRAST_BANDS = CONTRAST_EDGES_HZ.length + 1;

/** Share of a band's bins that make its peak, and its valley. */
const QUANTILE = 0.02;
const MAGNITUDE_FLOOR = 1e-10;
/** The kernel looks through four frames at a time. */
const ROWS = 4;
/** Peaks, and valleys, this far below the greatest of the whole file are raised to it, dB. */
const TOP_DB = 80;

export interface SpectralContrast {
  /** `[frame][band]` flat, `CONTRAST_BANDS` values a frame, dB by librosa's scale (10 log10 of magnitude). */
  readonly contrastDb: Float32Array;
  readonly frames: number;
}

interface Band {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  /** How many bins make the peak, and the valley. */
  readonly count: number;
}

/**
 * The mean magnitude of the strongest 2 % of the bins of a band over that of the weakest 2 %, at least one bin each, in dB:
 * librosa.feature.spectral_contrast with its defaults. It takes 10 log10 of magnitudes, so values are half of what a level
 * has, and limits peaks and valleys to 80 dB below the greatest of the whole file, so both are kept to the end: 56 bytes a
 * frame, 26 MB for three hours. Silent frames of a file that sounds may give less than 0, silence gives 0. Jiang, Lu, Zhang, Tao & Cai, "Music type classification by
 * spectral contrast feature", ICME, 2002.
 */
export const spectralContrast: Feature<SpectrumChunk, SpectralContrast> = {
  name: "spectralContrast",
  from: powerSpectrogram,
  open() {
    const bands = contrastBands();
    const kernel = openKernel();
    const rows = kernel.floats(FRAMES_PER_CHUNK * BINS);
    const extremes = kernel.floats(2 * ROWS * Math.max(...bands.map((band) => band.count)));
    const peaksDb = new FloatSeries();
    const valleysDb = new FloatSeries();
    const found = new Float32Array(2 * ROWS * CONTRAST_BANDS);

    /** Peaks and valleys of four frames, `[frame][band]` of both. */
    function find(start: number): void {
      for (const [index, { first, end, count }] of bands.entries()) {
        const offset = rows.byteOffset + 4 * start * BINS;
        kernel.functions.extremes(offset, BINS, first, end, count, extremes.byteOffset);
        for (let row = 0; row < ROWS; row++) {
          const at = 2 * (row * CONTRAST_BANDS + index);
          found[at] = meanMagnitudeDb(extremes, row, count);
          found[at + 1] = meanMagnitudeDb(extremes, row + ROWS * count, count);
        }
      }
    }

    return {
      push({ power, frames }) {
        rows.set(power.subarray(0, frames * BINS));
        for (let start = 0; start < frames; start += ROWS) {
          find(start);
          const values = 2 * CONTRAST_BANDS * Math.min(ROWS, frames - start);
          for (let index = 0; index < values; index += 2) {
            peaksDb.push(found[index]);
            valleysDb.push(found[index + 1]);
          }
        }
      },
      finish() {
        const contrastDb = limited(peaksDb.toArray());
        const valleys = limited(valleysDb.toArray());
        for (let index = 0; index < contrastDb.length; index++) contrastDb[index] -= valleys[index];
        return { contrastDb, frames: contrastDb.length / CONTRAST_BANDS };
      },
    };
  },
};

/**
 * librosa's bands: bins from edge to edge, both included; each but the first begins a bin lower, each but the last gives up
 * its last bin (after the count was taken).
 */
function contrastBands(): Band[] {
  const edges = [0, ...CONTRAST_EDGES_HZ];
  return edges.map((lowHz, band) => {
    const isLast = band === edges.length - 1;
    const first = Math.ceil(lowHz / BIN_HZ) - (band > 0 ? 1 : 0);
    const last = isLast ? BINS - 1 : Math.floor(edges[band + 1] / BIN_HZ);
    return {
      first,
      end: isLast ? last + 1 : last,
      count: Math.max(1, Math.round(QUANTILE * (last + 1 - first))),
    };
  });
}

/** The level of the mean magnitude of the `count` powers that lie `ROWS` apart from `first` on, dB by 10 log10. */
function meanMagnitudeDb(powers: Float32Array, first: number, count: number): number {
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sum += Math.sqrt(powers[first + rank * ROWS]);
  return powerToDecibels(Math.max(sum / count, MAGNITUDE_FLOOR));
}

/** Raises values in place to `TOP_DB` below the greatest. */
function limited(levelsDb: Float32Array): Float32Array {
  const floorDb = levelsDb.reduce((greatest, db) => Math.max(greatest, db), Number.NEGATIVE_INFINITY) - TOP_DB;
  for (let index = 0; index < levelsDb.length; index++) levelsDb[index] = Math.max(levelsDb[index], floorDb);
  return levelsDb;
}
