/** The windows that loudness is measured in, from steps of power. */
import { slidingMeans } from "../dsp/loudness.ts";
import type { LoudnessSteps } from "../features/loudness-steps.ts";

/** Blocks advance by 0.1 s: 75 % overlap of 400 ms (ITU-R BS.1770-5), 10 a second (EBU Tech 3342). */
export const HOP_SECONDS = 0.1;
const MOMENTARY_HOPS = 4;
const SHORT_TERM_HOPS = 30;

/** Powers of windows; empty where the file is shorter than one. */
export interface LoudnessBlocks {
  /** `[step]`: windows of 0.4 s and of 3 s, one beginning at each step of 10 ms. */
  readonly momentary: Float64Array;
  readonly shortTerm: Float64Array;
  /** `[hop]`: the same, one every 0.1 s. */
  readonly momentaryHops: Float64Array;
  readonly shortTermHops: Float64Array;
}

/** Gathers steps into momentary and short-term windows (EBU Tech 3341). */
export function loudnessBlocks({ power, stepSeconds }: LoudnessSteps): LoudnessBlocks {
  const stepsPerHop = Math.round(HOP_SECONDS / stepSeconds);
  const hops = slidingMeans(power, stepsPerHop, 1);
  const momentary = slidingMeans(hops, MOMENTARY_HOPS, stepsPerHop);
  const shortTerm = slidingMeans(hops, SHORT_TERM_HOPS, stepsPerHop);
  const onHops = (values: Float64Array) => values.filter((_, step) => step % stepsPerHop === 0);
  return { momentary, shortTerm, momentaryHops: onHops(momentary), shortTermHops: onHops(shortTerm) };
}
