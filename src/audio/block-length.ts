/** How long a decoder's blocks are. */

/**
 * A pipe holds about this much, so that a decoding process works on the next block while this one is analysed: with blocks of
 * a second both waited for each other, 0.2 s in four minutes. It also stays in the processor's cache.
 */
const BLOCKS_PER_SECOND = 4;
/** A header may claim any rate; the size of a block must not follow it. */
const LONGEST_BLOCK = 48_000;

/** Samples per channel of one block: a quarter of a second, at most 48,000 samples. */
export function blockLength(sampleRate: number): number {
  return Math.max(1, Math.min(Math.round(sampleRate / BLOCKS_PER_SECOND), LONGEST_BLOCK));
}
