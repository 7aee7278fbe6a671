/** Values of a band-limited series between its samples. */

/** Samples to each side; 8 gave the same pitch as 4. */
const REACH = 4;
const TAPS = 2 * REACH + 1;
/** Offsets are rounded to a sixteenth of a sample: at a dip's lowest point the error is of second order. */
const STEPS = 16;

/** `[step][tap]` flat: a sinc under a Hann window. */
const WEIGHTS = Float64Array.from({ length: (STEPS + 1) * TAPS }, (_, index) => {
  const offset = Math.floor(index / TAPS) / STEPS - 0.5;
  const distance = offset - ((index % TAPS) - REACH);
  const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance);
  return sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / (REACH + 1)));
});

/**
 * The value of an even series (`values[n]` stands for n and -n) at `index + offset`, offset in [-0.5, 0.5]; the series
 * keeps its last value beyond its end. Boersma, "Accurate short-term analysis of the fundamental frequency", IFA
 * Proceedings 17, 1993, section 2.4: a correlation sampled at the signal's own rate hides the height of its peaks.
 */
export function evenSeriesAt(values: ArrayLike<number>, index: number, offset: number): number {
  const row = Math.round((offset + 0.5) * STEPS) * TAPS;
  const last = values.length - 1;
  let sum = 0;
  let weights = 0;
  for (let tap = 0; tap < TAPS; tap++) {
    const weight = WEIGHTS[row + tap];
    sum += weight * values[Math.min(last, Math.abs(index + tap - REACH))];
    weights += weight;
  }
  return sum / weights;
}
