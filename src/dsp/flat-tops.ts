/** Flat tops: where a signal was cut off at a level, at full scale or below. */
import { openKernel } from "./kernel/kernel.ts";

/** One step of 16 bits: samples this near count as equal, and finer steps are not told from rounding. */
const STEP = 1 / 32_768;
const COARSE_STEP = 1 / 128;
const MIN_RUN = 3;
/** A smooth top leaves its flat part by less than 3 steps; a cut one falls by at least this many on one side. */
const CORNER_STEPS = 10;
/** Lower plateaus are left alone, -26 dBFS: nobody clips there, and quiet material has few steps. */
const MIN_LEVEL = 0.05;
/** Runs at one level this near belong to one region, seconds. */
const GAP_SECONDS = 0.1;
/** A little under the least level, which single precision cannot hold exactly. */
const LEAST = 0.999 * MIN_LEVEL;
const CAPACITY = 4096;
/** Levels of regions are told apart by these, so that the last step of a level may vary. */
const LEVEL_WIDTH = 2 * STEP;

/** Neighbouring flat tops at one level. */
export interface FlatTopRegion {
  /** Samples from the first run's first to the last run's last, exclusive. */
  readonly start: number;
  readonly end: number;
  /** With its sign; 1 is full scale. */
  readonly level: number;
  readonly runs: number;
  /** Samples in the runs. */
  readonly samples: number;
}

/** A running search in one channel. */
export interface FlatTopDetector {
  push(samples: Float32Array): void;
  /** The stream has ended. Regions by their beginning. Called once. */
  end(): FlatTopRegion[];
}

/**
 * Opens a search for runs of at least 3 equal samples (within a step of 16 bits) that are higher than both neighbours and
 * drop to one of them by a corner, not a curve; in samples of 8 bits the corner is measured in steps of these. Tops that were
 * resampled or coded lossily after clipping are no longer flat, and not found. Where the kernel sees no three equal samples in
 * a row the search skips to the next; what is found is the same.
 */
export function openFlatTopDetector(sampleRate: number): FlatTopDetector {
  const gap = GAP_SECONDS * sampleRate;
  const kernel = openKernel();
  const y = kernel.floats(CAPACITY);
  const regions: { start: number; end: number; level: number; runs: number; samples: number }[] = [];
  const newest = new Map<number, (typeof regions)[number]>();
  let [before, level, previous] = [0, 0, 0];
  // Samples in the run that is under way, and in the whole stream.
  let run = 0;
  let count = 0;

  /** Takes `length` equal samples that ended at `end`, and the samples before and after. */
  function closeRun(length: number, end: number, left: number, top: number, right: number): void {
    const sign = Math.sign(top);
    const [rise, fall] = [sign * (top - left), sign * (top - right)];
    if (rise <= 0 || fall <= 0 || Math.max(rise, fall) < CORNER_STEPS * stepOf(left, top, right)) return;
    const key = Math.round(top / LEVEL_WIDTH);
    const region = newest.get(key);
    if (region !== undefined && end - length - region.end <= gap) {
      region.end = end;
      region.runs++;
      region.samples += length;
      return;
    }
    const opened = { start: end - length, end, level: top, runs: 1, samples: length };
    regions.push(opened);
    newest.set(key, opened);
  }

  /** Takes the first `length` samples of `y`. */
  function take(length: number): void {
    // In locals: this loop is the whole cost, and writing what closures share is slow.
    let [last, left, top, equal] = [previous, before, level, run];
    const searchable = length - (MIN_RUN - 1);
    let searched = -1;
    for (let n = 0; n < length; n++) {
      const sample = y[n];
      if (Math.abs(sample - top) > STEP) {
        if (equal >= MIN_RUN && Math.abs(top) >= MIN_LEVEL) closeRun(equal, count + n, left, top, sample);
        left = last;
        top = sample;
        equal = 0;
        if (n > searched && n < searchable) {
          searched = kernel.functions.findRun(y.byteOffset, n, searchable, STEP, LEAST);
          const start = runStart(n, searched);
          if (start > n) {
            n = start;
            left = y[n - 1];
            top = y[n];
          }
        }
      }
      equal++;
      last = y[n];
    }
    [previous, before, level, run] = [last, left, top, equal];
    count += length;
  }

  /** The last sample from `first` to `found` at which a run surely begins: it is two steps off the one before. */
  function runStart(first: number, found: number): number {
    let n = found;
    while (n > first && Math.abs(y[n] - y[n - 1]) <= 2 * STEP) n--;
    return n;
  }

  return {
    push(samples) {
      for (let start = 0; start < samples.length; start += CAPACITY) {
        const part = samples.subarray(start, start + CAPACITY);
        y.set(part);
        take(part.length);
      }
    },
    end() {
      if (run >= MIN_RUN && Math.abs(level) >= MIN_LEVEL) closeRun(run, count, before, level, 0);
      return regions.sort((a, b) => a.start - b.start);
    },
  };
}

/** The step of the samples' format: of 8 bits where all three are on its grid, which is rare by chance. */
function stepOf(left: number, top: number, right: number): number {
  return [left, top, right].every((sample) => Number.isInteger(sample / COARSE_STEP)) ? COARSE_STEP : STEP;
}
