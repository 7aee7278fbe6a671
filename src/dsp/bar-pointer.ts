/** Beats from a beat activation: the likeliest sequence under a hidden Markov model of tempo and place in the beat. */

/** What the model takes for likely; costs are negative logarithms of chances. */
export interface BeatModel {
  /** Of a change of the tempo at a beat, for a factor of e; in proportion for others. */
  readonly tempoChangeCost: number;
  /** Of a change to any tempo at all: a new section, an edit, a break. */
  readonly jumpCost: number;
  /** Standard deviation of a beat around its place, in frames: that of players and of the grid of frames. */
  readonly jitterFrames: number;
  /** Activations count as within these bounds: neither a missing beat nor an accent decides alone. */
  readonly minActivation: number;
  readonly maxActivation: number;
  /** Log odds at which a beat neither speaks for a path nor against it: higher prefers slower tempi. */
  readonly neutralLogOdds: number;
}

const BEAT_MODEL: BeatModel = {
  tempoChangeCost: 60,
  jumpCost: 20,
  jitterFrames: 0.8,
  minActivation: 0.02,
  maxActivation: 0.98,
  neutralLogOdds: -2,
};

export interface TempoRange {
  readonly minBpm: number;
  readonly maxBpm: number;
}

export interface BeatPath {
  /** Frames of the beats, ascending. */
  readonly frames: readonly number[];
  /** Log odds above the neutral ones, summed over the beats, less the costs of the tempo's changes. */
  readonly score: number;
}

/** Neighbouring tempi of the model differ by 2 %. */
const TEMPO_STEP = Math.log(1.02);
const IMPOSSIBLE = -1e30;
/** A backpointer's upper six bits: how many steps the tempo moved, from -31 to 31, or that it jumped. */
const STAYED = 31;
const JUMPED = 63;
/** Its lower two: by how many frames the interval is longer than the rounded period, plus 1; or that no beat was before. */
const FIRST_BEAT = 3;

/**
 * The likeliest beats within a range of tempi. `activation` holds the chance of a beat, in [0, 1], of each frame. No frames
 * give no beats; where nothing is heard, beats go on at the tempo before. Time and memory (one byte a frame and tempo, some 70
 * tempi) grow linearly.
 *
 * The bar pointer model of Whiteley, Cemgil & Godsill, "Bayesian modelling of temporal structure in musical audio", ISMIR,
 * 2006, with tempi that change at beats only, by Krebs, Böck & Widmer, "An efficient state-space model for joint tempo and meter tracking",
 * ISMIR, 2015. States between two beats have one way to go, so that the best path is found from beat to beat, which takes
 * a tenth of the steps; and periods need not be whole frames: each beat may be up to a frame and a half off its place.
 */
export function trackBeats(
  activation: Float32Array,
  framesPerSecond: number,
  range: TempoRange,
  model: BeatModel = BEAT_MODEL,
): BeatPath {
  const tempi = openTempi(framesPerSecond, range, model);
  const { count, periods } = tempi;
  const back = new Uint8Array(activation.length * count);
  const jumpOrigins = new Uint8Array(activation.length);
  const forward = openForward(tempi, model);
  let score = Number.NEGATIVE_INFINITY;
  let last = { frame: -1, tempo: 0 };
  for (let t = 0; t < activation.length; t++) {
    const chance = Math.min(model.maxActivation, Math.max(model.minActivation, activation[t]));
    const gain = Math.log(chance / (1 - chance)) - model.neutralLogOdds;
    jumpOrigins[t] = forward.step(t, gain, back.subarray(t * count, (t + 1) * count));
    const left = activation.length - t;
    if (left > periods[count - 1]) continue;
    for (let tempo = 0; tempo < count; tempo++) {
      if (left > periods[tempo] || forward.scoreOf(t, tempo) <= score) continue;
      score = forward.scoreOf(t, tempo);
      last = { frame: t, tempo };
    }
  }
  if (last.frame < 0) return { frames: [], score: 0 };
  return { frames: trace(last, tempi, back, jumpOrigins), score };
}

interface Tempi {
  readonly count: number;
  /** `[tempo]`, frames, ascending. */
  readonly periods: Float64Array;
  readonly rounded: Int32Array;
  /** `[tempo][extra]` flat: the cost of an interval that is one frame shorter, equal to or one longer than rounded. */
  readonly jitterCosts: Float64Array;
}

function openTempi(framesPerSecond: number, { minBpm, maxBpm }: TempoRange, { jitterFrames }: BeatModel): Tempi {
  const shortest = (60 * framesPerSecond) / maxBpm;
  const count = 1 + Math.round(Math.log(maxBpm / minBpm) / TEMPO_STEP);
  const periods = Float64Array.from({ length: count }, (_, tempo) => shortest * Math.exp(tempo * TEMPO_STEP));
  const rounded = Int32Array.from(periods, (period) => Math.round(period));
  const jitterCosts = Float64Array.from({ length: 3 * count }, (_, index) => {
    const tempo = Math.floor(index / 3);
    return 0.5 * ((rounded[tempo] + (index % 3) - 1 - periods[tempo]) / jitterFrames) ** 2;
  });
  return { count, periods, rounded, jitterCosts };
}

/** The scores of paths with a beat at a frame, by the tempo after it, for as many frames back as the slowest tempo needs. */
function openForward({ count, periods, rounded, jitterCosts }: Tempi, { tempoChangeCost, jumpCost }: BeatModel) {
  const stepCost = tempoChangeCost * TEMPO_STEP;
  let slots = 4;
  while (slots < rounded[count - 1] + 2) slots *= 2;
  const mask = slots - 1;
  const scores = new Float64Array(slots * count).fill(IMPOSSIBLE);
  // Of paths that come in at the tempo before the beat, and the best of those that may have been faster or equal.
  const arrived = new Float64Array(count);
  const extras = new Uint8Array(count);
  const slower = new Float64Array(count);
  const slowerFrom = new Int32Array(count);

  /** Fills `arrived` and `extras` for a beat at frame t; returns the best tempo. */
  function arrive(t: number): number {
    let best = 0;
    for (let tempo = 0; tempo < count; tempo++) {
      const row = tempo * slots;
      const start = t - rounded[tempo];
      let value = scores[row + (start & mask)] - jitterCosts[3 * tempo + 1];
      let extra = 1;
      const short = scores[row + ((start + 1) & mask)] - jitterCosts[3 * tempo];
      if (short > value) {
        value = short;
        extra = 0;
      }
      const long = scores[row + ((start - 1) & mask)] - jitterCosts[3 * tempo + 2];
      if (long > value) {
        value = long;
        extra = 2;
      }
      if (t < periods[tempo] && value < 0) {
        value = 0;
        extra = FIRST_BEAT;
      }
      arrived[tempo] = value;
      extras[tempo] = extra;
      if (value > arrived[best]) best = tempo;
    }
    return best;
  }

  /**
   * The best way to each tempo, with costs in proportion to the distance: one sweep for each direction (Felzenszwalb &
   * Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8, 2012).
   */
  function leave(t: number, gain: number, best: number, back: Uint8Array): void {
    let value = IMPOSSIBLE;
    let from = 0;
    for (let tempo = 0; tempo < count; tempo++) {
      value -= stepCost;
      if (arrived[tempo] >= value) {
        value = arrived[tempo];
        from = tempo;
      }
      slower[tempo] = value;
      slowerFrom[tempo] = from;
    }
    const jumped = arrived[best] - jumpCost;
    value = IMPOSSIBLE;
    for (let tempo = count - 1; tempo >= 0; tempo--) {
      value -= stepCost;
      if (arrived[tempo] >= value) {
        value = arrived[tempo];
        from = tempo;
      }
      const isFaster = value > slower[tempo];
      const moved = isFaster ? value : slower[tempo];
      const origin = isFaster ? from : slowerFrom[tempo];
      const isJump = jumped > moved || Math.abs(origin - tempo) > STAYED;
      scores[tempo * slots + (t & mask)] = gain + (isJump ? jumped : moved);
      back[tempo] = isJump ? (JUMPED << 2) | extras[best] : ((origin - tempo + STAYED) << 2) | extras[origin];
    }
  }

  return {
    /** Goes on to frame t; fills its backpointers and returns the tempo that jumps come from. */
    step(t: number, gain: number, back: Uint8Array): number {
      const best = arrive(t);
      leave(t, gain, best, back);
      return best;
    },
    scoreOf: (t: number, tempo: number) => scores[tempo * slots + (t & mask)],
  };
}

function trace(
  last: { readonly frame: number; readonly tempo: number },
  { count, rounded }: Tempi,
  back: Uint8Array,
  jumpOrigins: Uint8Array,
): number[] {
  const frames: number[] = [];
  let { frame, tempo } = last;
  for (;;) {
    frames.push(frame);
    const pointer = back[frame * count + tempo];
    if ((pointer & 3) === FIRST_BEAT) return frames.reverse();
    const move = pointer >> 2;
    tempo = move === JUMPED ? jumpOrigins[frame] : tempo + move - STAYED;
    frame -= rounded[tempo] + (pointer & 3) - 1;
  }
}
