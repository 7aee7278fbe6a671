/** Tuning: how far the notes of a recording lie from equal temperament at A4 = 440 Hz. */
import { parabolicOffset } from "./peaks.ts";

/** Weights of pitches by their distance from the nearest semitone of A4 = 440 Hz. */
export interface TuningHistogram {
  /** Counts a spectral peak at a frequency in Hz, above 0, with a weight of at least 0. */
  add(hz: number, weight: number): void;
  /** The commonest deviation in cents, in [-50, 50); 0 where nothing was counted. */
  cents(): number;
}

const A4_HZ = 440;
/** One column a cent. */
const COLUMNS = 100;
/** Half width of the smoothing kernel, cents: the spread of vibrato-free notes measured with a 0.37 s window. */
const KERNEL_CENTS = 8;

/**
 * Makes an empty histogram with a column a cent. The estimate is the top, between columns, of the histogram smoothed
 * round the circle by a raised cosine. The mode, not the mean: the fifth and seventh harmonics lie 14 and 31 cents
 * below equal temperament and would pull a mean. Gómez, "Tonal description of music audio signals", PhD thesis, UPF,
 * 2006, section 3.3.
 */
export function createTuningHistogram(): TuningHistogram {
  const weights = new Float64Array(COLUMNS);
  return {
    add(hz, weight) {
      const semitones = 12 * Math.log2(hz / A4_HZ);
      const column = Math.floor((semitones - Math.floor(semitones)) * COLUMNS);
      weights[column % COLUMNS] += weight;
    },
    cents() {
      const smooth = smoothed(weights);
      let best = 0;
      for (let column = 1; column < COLUMNS; column++) if (smooth[column] > smooth[best]) best = column;
      if (!(smooth[best] > 0)) return 0;
      const [left, right] = [smooth[(best + COLUMNS - 1) % COLUMNS], smooth[(best + 1) % COLUMNS]];
      const cents = best + 0.5 + parabolicOffset(left, smooth[best], right);
      return cents >= COLUMNS / 2 ? cents - COLUMNS : cents;
    },
  };
}

function smoothed(weights: Float64Array): Float64Array {
  return weights.map((_, column) => {
    let sum = 0;
    for (let offset = -KERNEL_CENTS; offset <= KERNEL_CENTS; offset++) {
      const share = 1 + Math.cos((Math.PI * offset) / KERNEL_CENTS);
      sum += share * weights[(column + offset + COLUMNS) % COLUMNS];
    }
    return sum;
  });
}
