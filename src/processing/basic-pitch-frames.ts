/** The windows and frames of Basic Pitch. */

export const SAMPLE_RATE = 22_050;
export const HOP = 256;
export const WINDOW = 43_844;
const WINDOW_FRAMES = 172;
/** Of the overlap of 30 frames each window gives up half on each side. */
export const MARGIN_FRAMES = 15;
export const KEPT_FRAMES = WINDOW_FRAMES - 2 * MARGIN_FRAMES;
export const STEP = WINDOW - 2 * MARGIN_FRAMES * HOP;

/** When frame `frame` of the joined windows begins, seconds: windows follow a little closer than their frames are long. */
export function basicPitchSeconds(frame: number): number {
  const window = Math.floor(frame / KEPT_FRAMES);
  return (window * STEP + (frame - window * KEPT_FRAMES) * HOP) / SAMPLE_RATE;
}
