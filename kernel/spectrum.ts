/**
 * Power spectra of real frames, four frames in the lanes of a vector. A complex transform of half the length and a split of its
 * result, as in src/dsp/real-fft.ts.
 */
import { transform } from "./fourier";
import { storeTransposed } from "./vectors";

/**
 * |X|² of `frames` (rounded up to a multiple of 4) frames, `hop` samples apart, to rows of `half + 1` floats at `power`.
 *
 * @param window - 2 · half weights
 * @param order - `half` int32: the byte offset in a frame of the pair of samples that is input n of the first pass
 * @param twiddles - as of `transform`
 * @param splits - `[k][cos sin]` of 2πk / (2 half), k = 0 to half / 2
 * @param work - 32 · half + 128 bytes: `[n]` of four real and four imaginary parts, and scratch
 */
export function powerSpectra(
  samples: usize,
  frames: i32,
  hop: i32,
  half: i32,
  window: usize,
  order: usize,
  twiddles: usize,
  splits: usize,
  work: usize,
  power: usize,
): void {
  const hopBytes = (<usize>hop) << 2;
  const rowBytes = (<usize>(half + 1)) << 2;
  for (let frame = 0; frame < frames; frame += 4) {
    gather(samples, hopBytes, window, order, half, work);
    transform(work, half, twiddles);
    storePowers(work, half, splits, power, rowBytes);
    samples += hopBytes << 2;
    power += rowBytes << 2;
  }
}

/** Puts the windowed samples of four frames where the first pass finds them, even ones as real parts, odd ones as imaginary. */
function gather(samples: usize, hopBytes: usize, window: usize, order: usize, half: i32, work: usize): void {
  const end = order + ((<usize>half) << 2);
  while (order < end) {
    const at = <usize>load<u32>(order);
    const a = samples + at;
    const ab = v128.shuffle<f32>(v128.load64_zero(a), v128.load64_zero(a + hopBytes), 0, 4, 1, 5);
    const c = a + 2 * hopBytes;
    const cd = v128.shuffle<f32>(v128.load64_zero(c), v128.load64_zero(c + hopBytes), 0, 4, 1, 5);
    v128.store(work, f32x4.mul(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.load32_splat(window + at)));
    v128.store(work, f32x4.mul(v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), v128.load32_splat(window + at, 4)), 16);
    work += 32;
    order += 4;
  }
}

/** Takes the spectra of even and odd samples apart, joins them, and writes the powers of each frame to its row. */
function storePowers(work: usize, half: i32, splits: usize, power: usize, rowBytes: usize): void {
  const scratch = work + ((<usize>half) << 5);
  const quarter = f32x4.splat(0.25);
  for (let k = 1; k <= half >> 1; k += 4) {
    for (let j = 0; j < 4; j++) {
      const here = work + ((<usize>(k + j)) << 5);
      const mirror = work + ((<usize>(half - k - j)) << 5);
      const cos = v128.load32_splat(splits + ((<usize>(k + j)) << 3));
      const sin = v128.load32_splat(splits + ((<usize>(k + j)) << 3), 4);
      const evenRe = f32x4.add(v128.load(here), v128.load(mirror));
      const evenIm = f32x4.sub(v128.load(here, 16), v128.load(mirror, 16));
      const oddRe = f32x4.add(v128.load(here, 16), v128.load(mirror, 16));
      const oddIm = f32x4.sub(v128.load(mirror), v128.load(here));
      const turnedRe = f32x4.add(f32x4.mul(oddRe, cos), f32x4.mul(oddIm, sin));
      const turnedIm = f32x4.sub(f32x4.mul(oddIm, cos), f32x4.mul(oddRe, sin));
      // The halves of the even and odd parts are taken here, as a quarter of the power.
      const low = squaredMagnitude(f32x4.add(evenRe, turnedRe), f32x4.add(evenIm, turnedIm));
      const high = squaredMagnitude(f32x4.sub(evenRe, turnedRe), f32x4.sub(evenIm, turnedIm));
      v128.store(scratch + ((<usize>j) << 4), f32x4.mul(low, quarter));
      v128.store(scratch + ((<usize>(7 - j)) << 4), f32x4.mul(high, quarter));
    }
    storeTransposed(scratch, power + ((<usize>k) << 2), rowBytes);
    storeTransposed(scratch + 64, power + ((<usize>(half - k - 3)) << 2), rowBytes);
  }
  const first = f32x4.add(v128.load(work), v128.load(work, 16));
  const last = f32x4.sub(v128.load(work), v128.load(work, 16));
  v128.store(scratch, f32x4.mul(first, first));
  v128.store(scratch, f32x4.mul(last, last), 16);
  for (let frame = 0; frame < 4; frame++) {
    const row = power + <usize>frame * rowBytes;
    store<f32>(row, load<f32>(scratch + ((<usize>frame) << 2)));
    store<f32>(row + ((<usize>half) << 2), load<f32>(scratch + ((<usize>frame) << 2), 16));
  }
}

function squaredMagnitude(re: v128, im: v128): v128 {
  return f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im));
}
