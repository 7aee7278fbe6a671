/** How long a decoder's blocks are. */

/** A header may claim any rate; the size of a block must not follow it. */
const LONGEST_BLOCK = 192_000;

/** Samples per channel of one block: one second, at most 192,000 samples. */
export function blockLength(sampleRate: number): number {
  return Math.min(sampleRate, LONGEST_BLOCK);
}
