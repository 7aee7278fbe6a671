/** Flat tops: where a signal was cut off at a level, at full scale or below. */

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
 * drop to one of them by a corner, not a curve; in samples of 8 bits the corner is measured in steps of these. Tops that were resampled or coded lossily after clipping are no longer flat, and not found.
 */
export function openFlatTopDetector(sampleRate: number): FlatTopDetector {
  const gap = GAP_SECONDS * sampleRate;
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

  return {
    push(samples) {
      // In locals: this loop is the whole cost, and writing what closures share is slow.
      let [last, left, top, length] = [previous, before, level, run];
      for (let n = 0; n < samples.length; n++) {
        const sample = samples[n];
        if (Math.abs(sample - top) > STEP) {
          if (length >= MIN_RUN && Math.abs(top) >= MIN_LEVEL) closeRun(length, count + n, left, top, sample);
          left = last;
          top = sample;
          length = 0;
        }
        length++;
        last = sample;
      }
      [previous, before, level, run] = [last, left, top, length];
      count += samples.length;
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
