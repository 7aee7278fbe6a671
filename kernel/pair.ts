/** The spectra of two signals and what they have in common. Pointers are byte addresses. */
import { split, transform } from "./fourier";

/**
 * Transforms one windowed frame of 2 · half float32 samples of each of two signals, and adds to the doubles at `sums`,
 * `[what][bin]` of half + 1 bins: the power of the left, of the right, and the real and the imaginary part of left times
 * conjugate right. Both powers of this frame go to `powers`, `[signal][bin]` of float32.
 *
 * @param window - 2 · half weights
 * @param order - `half` int32: the byte offset in a frame of the pair of samples that is input n of the transform's first pass
 * @param twiddles - as of `transform`
 * @param splits - as of `split`
 * @param work - 64 · half + 64 bytes
 */
export function pairSpectra(
  left: usize,
  right: usize,
  half: i32,
  window: usize,
  order: usize,
  twiddles: usize,
  splits: usize,
  work: usize,
  sums: usize,
  powers: usize,
): void {
  gather(left, right, half, window, order, work);
  transform(work, half, twiddles);
  const spectrum = work + ((<usize>half) << 5);
  split(work, half, splits, spectrum);
  const bins = <usize>half + 1;
  for (let bin: usize = 0; bin < bins; bin++) {
    const re = v128.load(spectrum + (bin << 5));
    const im = v128.load(spectrum + (bin << 5), 16);
    const squared = f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im));
    store<f32>(powers + (bin << 2), f32x4.extract_lane(squared, 0));
    store<f32>(powers + ((bins + bin) << 2), f32x4.extract_lane(squared, 1));
    const leftRe = <f64>f32x4.extract_lane(re, 0);
    const leftIm = <f64>f32x4.extract_lane(im, 0);
    const rightRe = <f64>f32x4.extract_lane(re, 1);
    const rightIm = <f64>f32x4.extract_lane(im, 1);
    add(sums, bin, leftRe * leftRe + leftIm * leftIm);
    add(sums, bins + bin, rightRe * rightRe + rightIm * rightIm);
    add(sums, 2 * bins + bin, leftRe * rightRe + leftIm * rightIm);
    add(sums, 3 * bins + bin, leftIm * rightRe - leftRe * rightIm);
  }
}

/** Two of the four lanes stay empty: that is still a third of the time that doubles took. */
function gather(left: usize, right: usize, half: i32, window: usize, order: usize, work: usize): void {
  for (const end = order + ((<usize>half) << 2); order < end; order += 4) {
    const at = <usize>load<u32>(order);
    const a = v128.load64_zero(left + at);
    const b = v128.load64_zero(right + at);
    v128.store(work, f32x4.mul(v128.shuffle<f32>(a, b, 0, 4, 2, 6), v128.load32_splat(window + at)));
    v128.store(work, f32x4.mul(v128.shuffle<f32>(a, b, 1, 5, 2, 6), v128.load32_splat(window + at, 4)), 16);
    work += 32;
  }
}

function add(sums: usize, index: usize, value: f64): void {
  store<f64>(sums + (index << 3), load<f64>(sums + (index << 3)) + value);
}
