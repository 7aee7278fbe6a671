/** Windows of a stream of samples, which are given to a network one at a time. */

export interface SampleWindowPlan {
  /** Window k holds the samples from `k · step - before` on, `length` of them; what is not in the stream is 0. */
  readonly before: number;
  readonly length: number;
  readonly step: number;
}

/** Takes a window, valid during the call, and `k · step`. */
export type TakeWindow = (window: Float32Array, start: number) => Promise<void>;

export interface SampleWindows {
  push(samples: Float32Array): Promise<void>;
  /** Gives the windows that are left: all that begin (`k · step`) in the stream or at its end. Resolves with the stream's length. */
  end(): Promise<number>;
}

/** Memory is that of one window. An empty stream gives none. */
export function openSampleWindows({ before, length, step }: SampleWindowPlan, take: TakeWindow): SampleWindows {
  const window = new Float32Array(length);
  let filled = before;
  let start = 0;
  let total = 0;

  async function advance(): Promise<void> {
    await take(window, start);
    window.copyWithin(0, step);
    window.fill(0, length - step);
    start += step;
    filled -= step;
  }

  return {
    async push(samples) {
      total += samples.length;
      for (let taken = 0; taken < samples.length; ) {
        const count = Math.min(samples.length - taken, length - filled);
        window.set(samples.subarray(taken, taken + count), filled);
        filled += count;
        taken += count;
        if (filled === length) await advance();
      }
    },
    async end() {
      while (total > 0 && start <= total) await advance();
      return total;
    },
  };
}
