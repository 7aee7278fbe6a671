/** Long windows of a stream of samples, which engines separate one at a time. */
import type { AudioBlock } from "../audio/audio-format.ts";

export interface WindowPlan {
  /** Window k holds the samples from `k · step - before` on, `before + length` of them; what is not in the stream is 0. */
  readonly before: number;
  readonly length: number;
  readonly step: number;
  /** Windows are given as long as `k · step` lies below the stream's length plus this. */
  readonly beyond: number;
}

export interface AudioWindow {
  /** `[channel][sample]`, `before + length` samples. Valid until the next window is asked for. */
  readonly channels: readonly Float32Array[];
  /** `k · step`. */
  readonly start: number;
}

/** The windows of a stream, in order; memory is that of one window and a block. An empty stream gives none. */
export async function* audioWindows(
  blocks: AsyncIterable<AudioBlock>,
  channels: number,
  { before, length, step, beyond }: WindowPlan,
): AsyncGenerator<AudioWindow> {
  const size = before + length;
  const window = Array.from({ length: channels }, () => new Float32Array(size));
  let filled = before;
  let start = 0;
  let total = 0;

  function* advance(): Generator<AudioWindow> {
    yield { channels: window, start };
    for (const samples of window) {
      samples.copyWithin(0, step);
      samples.fill(0, size - step);
    }
    start += step;
    filled -= step;
  }

  for await (const block of blocks) {
    total += block.length;
    for (let taken = 0; taken < block.length; ) {
      const count = Math.min(block.length - taken, size - filled);
      for (let channel = 0; channel < channels; channel++) {
        window[channel].set(block.channels[channel].subarray(taken, taken + count), filled);
      }
      filled += count;
      taken += count;
      if (filled === size) yield* advance();
    }
  }
  while (total > 0 && start < total + beyond) yield* advance();
}
