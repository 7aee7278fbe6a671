/** The short-time Fourier transform of a stream of samples, as power, by the SIMD kernel. */
import { openKernel } from "./kernel/kernel.ts";
import { transformTables } from "./transform-tables.ts";
import { hannWindow } from "./windows.ts";

/** Frames that are transformed and handed on together; the kernel takes four at a time. */
export const FRAMES_PER_CHUNK = 64;

/** Takes the first `frames` rows of `power`, `[frame][bin]` flat, nFft / 2 + 1 bins each; valid during the call. */
export type SpectrumListener = (power: Float32Array, frames: number) => void;

/** A running transform. */
export interface PowerSpectrogram {
  /** Takes the first `length` of `samples`. */
  push(samples: Float32Array, length: number, emit: SpectrumListener): void;
  /** The stream has ended: emits the rest, as if zeros followed. Called once. */
  end(emit: SpectrumListener): void;
}

/**
 * |X|² of frames of `nFft` samples, `hopLength` apart, under a periodic Hann window. Frame t is centred on sample t · hopLength;
 * zeros stand before the start and after the end, so n samples give 1 + floor(n / hopLength) frames, and none give none:
 * librosa.stft(center=True, pad_mode="constant"). A full-scale sine on a bin gives (nFft / 4)² there. Single precision: a bin
 * is within 2e-6 of the greatest magnitude of its frame. Samples beyond 1e15 may overflow.
 *
 * @throws RangeError unless nFft is a power of two of at least 32 and hopLength a whole number of at least 1.
 */
export function openPowerSpectrogram(nFft: number, hopLength: number): PowerSpectrogram {
  const transform = openTransform(nFft, hopLength);
  const { samples: pending } = transform;
  let filled = nFft / 2;
  let sampleCount = 0;
  let framesDone = 0;

  function flush(frames: number, emit: SpectrumListener): void {
    transform.run(frames);
    framesDone += frames;
    const drop = frames * hopLength;
    pending.copyWithin(0, drop, filled);
    filled -= drop;
    emit(transform.power, frames);
  }

  return {
    push(samples, length, emit) {
      sampleCount += length;
      let start = 0;
      while (start < length) {
        const count = Math.min(length - start, pending.length - filled);
        pending.set(samples.subarray(start, start + count), filled);
        filled += count;
        start += count;
        if (filled === pending.length) flush(FRAMES_PER_CHUNK, emit);
      }
    },
    end(emit) {
      const frames = sampleCount === 0 ? 0 : 1 + Math.floor(sampleCount / hopLength);
      while (framesDone < frames) {
        pending.fill(0, filled);
        filled = pending.length;
        flush(Math.min(FRAMES_PER_CHUNK, frames - framesDone), emit);
      }
    },
  };
}

/** The kernel's transform of up to `FRAMES_PER_CHUNK` frames: from `samples` to `power`. */
function openTransform(nFft: number, hopLength: number) {
  if (nFft < 32 || (nFft & (nFft - 1)) !== 0 || !Number.isInteger(hopLength) || hopLength < 1) {
    throw new RangeError(
      `Frames of ${nFft} samples, ${hopLength} apart; expected a power of two of at least 32, and whole samples.`,
    );
  }
  const half = nFft / 2;
  const kernel = openKernel();
  const { order, twiddles, splits } = transformTables(kernel, nFft);
  const window = kernel.floats(nFft);
  window.set(hannWindow(nFft));
  const work = kernel.floats(8 * half + 32);
  const samples = kernel.floats((FRAMES_PER_CHUNK - 1) * hopLength + nFft);
  const power = kernel.floats(FRAMES_PER_CHUNK * (half + 1));
  return {
    samples,
    power,
    run: (frames: number) =>
      kernel.functions.powerSpectra(
        samples.byteOffset,
        frames,
        hopLength,
        half,
        window.byteOffset,
        order.byteOffset,
        twiddles.byteOffset,
        splits.byteOffset,
        work.byteOffset,
        power.byteOffset,
      ),
  };
}
