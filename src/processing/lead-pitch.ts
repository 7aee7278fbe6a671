/** The fundamental frequency of the most salient voice, frame by frame, and the cells of a spectrogram that belong to it. */

/** Candidates from below a bass singer's usual range to above a soprano's high C. */
const LOWEST_HZ = 80;
const OCTAVES = 3.9;
const STEPS_PER_OCTAVE = 60;
const CANDIDATES = Math.floor(OCTAVES * STEPS_PER_OCTAVE);

/** Klapuri, "Multiple fundamental frequency estimation by summing harmonic amplitudes", ISMIR 2006, with a simple decay. */
const HARMONICS = 8;
const HARMONIC_DECAY = 0.8;
const HIGHEST_HARMONIC_HZ = 5500;

/** Per candidate that the path moves within a frame, as a share of the greatest salience; more than so many count no more. */
const MOVE_COST = 0.0075;
const LONGEST_MOVE = 32;

/** Standard deviation of the bell around a harmonic: no less than so many Hz (at nFft 4096 and 44.1 kHz), else of its frequency. */
const LEAST_WIDTH_BINS = 2.6;
const RELATIVE_WIDTH = 0.012;

export interface MagnitudeRows {
  /** `[frame][bin]` in one row. */
  readonly values: Float32Array;
  readonly frames: number;
  readonly bins: number;
  readonly binHz: number;
}

/**
 * The lead's frequency in Hz, one a frame: the path of greatest harmonic sums that moves little (Viterbi). There is always one; in
 * silence it means nothing. Salamon & Gómez, "Melody extraction from polyphonic music signals using pitch contour
 * characteristics", IEEE TASLP 20(6), 2012, section III, for the idea; contours are not formed here.
 */
export function leadPitch(magnitude: MagnitudeRows): Float64Array {
  const salience = harmonicSums(magnitude);
  const path = bestPath(salience, magnitude.frames);
  return Float64Array.from(path, candidateHz);
}

/** How far a cell belongs to a voice of fundamental `f0Hz`: 1 on its harmonics, falling as a bell; 0 below half of it. */
export function harmonicWeight(hz: number, f0Hz: number, binHz: number): number {
  if (hz <= 0.5 * f0Hz) return 0;
  const distance = hz - Math.round(hz / f0Hz) * f0Hz;
  const width = Math.max(LEAST_WIDTH_BINS * binHz, RELATIVE_WIDTH * hz);
  return Math.exp(-0.5 * (distance / width) ** 2);
}

function candidateHz(candidate: number): number {
  return LOWEST_HZ * 2 ** (candidate / STEPS_PER_OCTAVE);
}

/** `[frame][candidate]` in one row. */
function harmonicSums({ values, frames, bins, binHz }: MagnitudeRows): Float32Array {
  const salience = new Float32Array(frames * CANDIDATES);
  for (let candidate = 0; candidate < CANDIDATES; candidate++) {
    for (let harmonic = 1; harmonic <= HARMONICS; harmonic++) {
      const hz = harmonic * candidateHz(candidate);
      const bin = Math.floor(hz / binHz);
      if (hz > HIGHEST_HARMONIC_HZ || bin + 1 >= bins) break;
      const upper = hz / binHz - bin;
      const weight = HARMONIC_DECAY ** (harmonic - 1);
      for (let frame = 0; frame < frames; frame++) {
        const at = frame * bins + bin;
        salience[frame * CANDIDATES + candidate] += weight * ((1 - upper) * values[at] + upper * values[at + 1]);
      }
    }
  }
  return salience;
}

function bestPath(salience: Float32Array, frames: number): Int32Array {
  let greatest = 1e-9;
  for (const value of salience) greatest = Math.max(greatest, value);
  const moveCost = MOVE_COST * greatest;
  const from = new Int32Array(frames * CANDIDATES);
  let scores = new Float64Array(salience.subarray(0, CANDIDATES));
  let next = new Float64Array(CANDIDATES);
  for (let frame = 1; frame < frames; frame++) {
    const best = indexOfGreatest(scores);
    const jump = scores[best] - LONGEST_MOVE * moveCost;
    for (let candidate = 0; candidate < CANDIDATES; candidate++) {
      let [score, origin] = [jump, best];
      const end = Math.min(CANDIDATES - 1, candidate + LONGEST_MOVE);
      for (let other = Math.max(0, candidate - LONGEST_MOVE); other <= end; other++) {
        const reached = scores[other] - moveCost * Math.abs(other - candidate);
        if (reached > score) [score, origin] = [reached, other];
      }
      next[candidate] = score + salience[frame * CANDIDATES + candidate];
      from[frame * CANDIDATES + candidate] = origin;
    }
    [scores, next] = [next, scores];
  }
  const path = new Int32Array(frames);
  if (frames > 0) path[frames - 1] = indexOfGreatest(scores);
  for (let frame = frames - 1; frame > 0; frame--) path[frame - 1] = from[frame * CANDIDATES + path[frame]];
  return path;
}

function indexOfGreatest(values: Float64Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
}
