/** The mel filter bank: triangles on a perceptual frequency scale. */

/** Triangular filters over the bins of a spectrum; band b weighs bins first[b] to first[b] + weights[b].length - 1. */
export interface MelFilterBank {
  readonly bands: number;
  readonly firstBins: Int32Array;
  readonly weights: readonly Float64Array[];
  /** Writes the weighted sums of `power[offset …]` (`nFft / 2 + 1` bins) to `mel[melOffset …]` (`bands` values). */
  apply(power: Float64Array, offset: number, mel: Float64Array, melOffset: number): void;
}

const LINEAR_HZ_PER_MEL = 200 / 3;
const BREAK_HZ = 1000;
const BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

/**
 * Mel of a frequency on Slaney's scale: linear below 1 kHz, logarithmic above.
 * Slaney, "Auditory Toolbox", Interval Research technical report 1998-010; librosa's default (`htk=False`).
 */
export function hzToMel(hz: number): number {
  return hz < BREAK_HZ ? hz / LINEAR_HZ_PER_MEL : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
}

/** The inverse of `hzToMel`, Hz. */
export function melToHz(mel: number): number {
  return mel < BREAK_MEL ? mel * LINEAR_HZ_PER_MEL : BREAK_HZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));
}

/**
 * `bands` triangles between `minHz` and `maxHz`, equally spaced in mel, each of unit area in Hz (Slaney's norm), as
 * librosa.filters.mel. Low bands narrower than a bin may weigh nothing and give 0.
 */
export function createMelFilterBank(
  sampleRate: number,
  nFft: number,
  bands: number,
  minHz: number,
  maxHz: number,
): MelFilterBank {
  const minMel = hzToMel(minHz);
  const step = (hzToMel(maxHz) - minMel) / (bands + 1);
  const edgesHz = Float64Array.from({ length: bands + 2 }, (_, edge) => melToHz(minMel + step * edge));
  const bins = nFft / 2 + 1;
  const firstBins = new Int32Array(bands);
  const weights: Float64Array[] = [];
  for (let band = 0; band < bands; band++) {
    const [left, centre, right] = edgesHz.subarray(band, band + 3);
    const values: number[] = [];
    for (let bin = 0; bin < bins; bin++) {
      const hz = (bin * sampleRate) / nFft;
      const weight = (Math.min((hz - left) / (centre - left), (right - hz) / (right - centre)) * 2) / (right - left);
      if (weight <= 0) continue;
      if (values.length === 0) firstBins[band] = bin;
      values.push(weight);
    }
    weights.push(Float64Array.from(values));
  }
  return {
    bands,
    firstBins,
    weights,
    apply(power, offset, mel, melOffset) {
      for (let band = 0; band < bands; band++) {
        const filter = weights[band];
        const start = offset + firstBins[band];
        let sum = 0;
        for (let n = 0; n < filter.length; n++) sum += filter[n] * power[start + n];
        mel[melOffset + band] = sum;
      }
    },
  };
}
