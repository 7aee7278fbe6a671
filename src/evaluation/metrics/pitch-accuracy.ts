/** Melody as mir_eval.melody reads it: a frequency at each time, 0 where nothing is voiced. */
export interface PitchSeries {
  /** Ascending, seconds. */
  readonly times: readonly number[];
  /** Hz, one for each time; 0 unvoiced, negative: unvoiced, but this if it is voiced after all. */
  readonly hz: readonly number[];
}

export interface PitchAccuracy {
  /** Share of the voiced reference frames whose pitch is right within 50 cents, in [0, 1]. */
  readonly rawPitch: number;
  /** The same, octave errors forgiven. */
  readonly rawChroma: number;
  /** Voiced frames of the reference. */
  readonly voicedFrames: number;
}

const TOLERANCE_CENTS = 50;
const BASE_HZ = 10;

/**
 * Raw pitch and raw chroma accuracy. mir_eval.melody.to_cent_voicing (the estimate is resampled to the reference's times by
 * linear interpolation in cents, never across an unvoiced frame), raw_pitch_accuracy and raw_chroma_accuracy; Poliner et al.,
 * "Melody Transcription from Music Audio: Approaches and Evaluation", IEEE TASLP 15(4), 2007.
 *
 * An empty series, or a reference without voiced frames, gives 0.
 */
export function pitchAccuracy(reference: PitchSeries, estimated: PitchSeries): PitchAccuracy {
  if (reference.times.length === 0 || estimated.times.length === 0) {
    return { rawPitch: 0, rawChroma: 0, voicedFrames: 0 };
  }
  const truth = fromZero(reference);
  const guess = fromZero(estimated);
  const referenceCents = truth.hz.map(toCents);
  const estimatedCents = resample(guess.times, guess.hz.map(toCents), truth.times);
  let [voiced, rightPitch, rightChroma] = [0, 0, 0];
  for (const [frame, hz] of truth.hz.entries()) {
    if (hz <= 0) continue;
    voiced++;
    if (referenceCents[frame] === 0 || estimatedCents[frame] === 0) continue;
    const distance = Math.abs(referenceCents[frame] - estimatedCents[frame]);
    if (distance < TOLERANCE_CENTS) rightPitch++;
    if (Math.abs(distance - 1200 * Math.floor(distance / 1200 + 0.5)) < TOLERANCE_CENTS) rightChroma++;
  }
  if (voiced === 0) return { rawPitch: 0, rawChroma: 0, voicedFrames: 0 };
  return { rawPitch: rightPitch / voiced, rawChroma: rightChroma / voiced, voicedFrames: voiced };
}

/** A series that begins later is taken to hold its first value from 0 on. */
function fromZero({ times, hz }: PitchSeries): PitchSeries {
  if (times[0] <= 0) return { times, hz };
  return { times: [0, ...times], hz: [hz[0], ...hz] };
}

function toCents(hz: number): number {
  return hz === 0 ? 0 : 1200 * Math.log2(Math.abs(hz) / BASE_HZ);
}

/**
 * Values at new times (ascending): linear between neighbours, where a 0 is first replaced by the value before it; 0 from a 0
 * up to the next value, and at the end of the new times where the old ones end before.
 */
export function resample(times: readonly number[], cents: readonly number[], newTimes: readonly number[]): number[] {
  if (areClose(times, newTimes)) return [...cents];
  const knots = times.map(rounded);
  const held: number[] = [];
  for (const value of cents) held.push(value === 0 ? (held.at(-1) ?? 0) : value);
  const end = rounded(newTimes[newTimes.length - 1]);
  const lastKnot = knots[knots.length - 1];
  let index = 0;
  return newTimes.map((newTime) => {
    const time = rounded(newTime);
    // mir_eval adds an unvoiced frame at the last of the new times: the last value is held up to it.
    if (time > lastKnot && time === end) return 0;
    while (index + 1 < knots.length && knots[index + 1] <= time) index++;
    if (cents[index] === 0) return 0;
    if (index + 1 === knots.length) return held[index];
    const share = (time - knots[index]) / (knots[index + 1] - knots[index]);
    return held[index] + share * (held[index + 1] - held[index]);
  });
}

/** numpy.allclose: the same times up to rounding need no interpolation. */
function areClose(times: readonly number[], others: readonly number[]): boolean {
  return (
    times.length === others.length &&
    times.every((time, index) => Math.abs(time - others[index]) <= 1e-8 + 1e-5 * Math.abs(others[index]))
  );
}

function rounded(time: number): number {
  return Number(time.toFixed(10));
}
