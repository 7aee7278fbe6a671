/** Ratios as decibels. */

/** 10 log10 of a power ratio, in dB; -Infinity for 0. */
export function powerToDecibels(power: number): number {
  return 10 * Math.log10(power);
}

/** 20 log10 of an amplitude ratio, in dB; -Infinity for 0. */
export function amplitudeToDecibels(amplitude: number): number {
  return 20 * Math.log10(amplitude);
}
