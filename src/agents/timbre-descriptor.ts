/** Timbre as a vector of fixed length, for comparing recordings. */
import { mean, standardDeviation } from "../dsp/statistics.ts";
import { MFCC_COUNT, type Mfcc } from "../features/mfcc.ts";
import { CONTRAST_BANDS, type SpectralContrast } from "../features/spectral-contrast.ts";
import type { SpectralShape } from "../features/spectral-shape.ts";
import { columnOf, framesAbove } from "./frame-columns.ts";
import { CENTRES, SCALES } from "./timbre-descriptor-scales.ts";

/** Raised whenever the composition or a constant changes: descriptors of different versions cannot be compared. */
export const DESCRIPTOR_VERSION = 1;

/** MFCC 1 to 12: 0 is the level. */
const FIRST_COEFFICIENT = 1;
const COEFFICIENTS = 12;
/** The last band is empty in recordings of low rates, and its contrast then that of rounding. */
const CONTRASTS = CONTRAST_BANDS - 1;
/** Frames further below the loudest are pauses, fades and reverberation, dB. */
const RANGE_DB = 40;
const SILENCE_DBFS = -90;
const LOWEST_FLATNESS = 1e-6;
const LOWEST_HZ = 20;

/** Values of a descriptor. */
export const DESCRIPTOR_LENGTH = 2 * COEFFICIENTS + CONTRASTS + 5;

type Frames = { spectralShape: SpectralShape; mfcc: Mfcc; spectralContrast: SpectralContrast };

/**
 * `DESCRIPTOR_LENGTH` values, each less its mean and over its standard deviation over recordings of many kinds
 * (timbre-descriptor-scales.ts): means of MFCC 1 to 12, their standard deviations, means of the spectral contrast of the six
 * bands to 6400 Hz, mean and standard deviation of log2 of the centroid, mean log2 of the rolloff, mean log10 of the
 * flatness, and the mean distance of consecutive MFCC vectors. Over the frames within 40 dB of the loudest, so that neither
 * gain nor pauses count. Null where no frame is above -90 dBFS.
 */
export function timbreDescriptor(frames: Frames): number[] | null {
  const raw = rawDescriptor(frames);
  return raw === null ? null : raw.map((value, index) => (value - CENTRES[index]) / SCALES[index]);
}

/**
 * Euclidean distance of two descriptors over the root of their length: 0 for equal ones, about 1.4 for two recordings that
 * have nothing in common.
 * @throws RangeError for lengths that differ, as those of different versions may.
 */
export function descriptorDistance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new RangeError(`Descriptors of ${a.length} and ${b.length} values; expected equal.`);
  let squares = 0;
  for (let index = 0; index < a.length; index++) squares += (a[index] - b[index]) ** 2;
  return Math.sqrt(squares / Math.max(1, a.length));
}

/** The values before they are standardised. */
function rawDescriptor({ spectralShape, mfcc, spectralContrast }: Frames): number[] | null {
  const { energyDbfs, centroidHz, rolloffHz, flatness } = spectralShape;
  const loudest = energyDbfs.reduce((greatest, dbfs) => Math.max(greatest, dbfs), SILENCE_DBFS);
  const bound = Math.max(SILENCE_DBFS, loudest - RANGE_DB);
  const chosen = framesAbove(energyDbfs, bound);
  if (chosen.length === 0) return null;
  const coefficients = Array.from({ length: COEFFICIENTS }, (_, k) =>
    columnOf(mfcc.coefficients, MFCC_COUNT, FIRST_COEFFICIENT + k, chosen),
  );
  const contrasts = Array.from({ length: CONTRASTS }, (_, band) =>
    columnOf(spectralContrast.contrastDb, CONTRAST_BANDS, band, chosen),
  );
  const centroids = columnOf(centroidHz, 1, 0, chosen).map((hz) => Math.log2(Math.max(LOWEST_HZ, hz)));
  const rolloffs = columnOf(rolloffHz, 1, 0, chosen).map((hz) => Math.log2(Math.max(LOWEST_HZ, hz)));
  return [
    ...coefficients.map(mean),
    ...coefficients.map(standardDeviation),
    ...contrasts.map(mean),
    mean(centroids),
    standardDeviation(centroids),
    mean(rolloffs),
    mean(columnOf(flatness, 1, 0, chosen).map((value) => Math.log10(Math.max(LOWEST_FLATNESS, value)))),
    meanStep(coefficients),
  ];
}

/** Mean Euclidean distance of consecutive columns of `[row][column]`; 0 for one column. */
function meanStep(rows: readonly Float64Array[]): number {
  const columns = rows[0].length;
  let sum = 0;
  for (let column = 1; column < columns; column++) {
    let squares = 0;
    for (const row of rows) squares += (row[column] - row[column - 1]) ** 2;
    sum += Math.sqrt(squares);
  }
  return sum / Math.max(1, columns - 1);
}
