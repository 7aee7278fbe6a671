/** The complex Fourier transform of four signals in the lanes of vectors: radix 4, decimation in time, in place. */

/**
 * Transforms `size` points (a power of two) at `work`, `[n]` of four real and four imaginary parts, which stand in the order of
 * the first pass's inputs (src/dsp/real-fft.ts).
 *
 * @param twiddles - for each radix-4 pass, `[k][cos1 sin1 cos2 sin2 cos3 sin3]`
 */
export function transform(work: usize, size: i32, twiddles: usize): void {
  const isPowerOf4 = (ctz(size) & 1) === 0;
  if (!isPowerOf4) radix2(work, size);
  let table = twiddles;
  for (let span = isPowerOf4 ? 1 : 2; span < size; span <<= 2) {
    radix4(work, size, span, table);
    table += <usize>span * 24;
  }
}

/**
 * The spectra of four real signals of 2 · half samples, `[k]` of four real and four imaginary parts, k = 0 to half, from the
 * transform of their pairs of samples as complex numbers.
 *
 * @param splits - `[k][cos sin]` of 2πk / (2 half), k = 0 to half / 2
 */
export function split(work: usize, half: i32, splits: usize, target: usize): void {
  const halves = f32x4.splat(0.5);
  const last = target + ((<usize>half) << 5);
  v128.store(target, f32x4.add(v128.load(work), v128.load(work, 16)));
  v128.store(target, f32x4.splat(0), 16);
  v128.store(last, f32x4.sub(v128.load(work), v128.load(work, 16)));
  v128.store(last, f32x4.splat(0), 16);
  for (let k = 1; k <= half >> 1; k++) {
    const here = work + ((<usize>k) << 5);
    const mirror = work + ((<usize>(half - k)) << 5);
    const cos = v128.load32_splat(splits + ((<usize>k) << 3));
    const sin = v128.load32_splat(splits + ((<usize>k) << 3), 4);
    const evenRe = f32x4.add(v128.load(here), v128.load(mirror));
    const evenIm = f32x4.sub(v128.load(here, 16), v128.load(mirror, 16));
    const oddRe = f32x4.add(v128.load(here, 16), v128.load(mirror, 16));
    const oddIm = f32x4.sub(v128.load(mirror), v128.load(here));
    const turnedRe = f32x4.add(f32x4.mul(oddRe, cos), f32x4.mul(oddIm, sin));
    const turnedIm = f32x4.sub(f32x4.mul(oddIm, cos), f32x4.mul(oddRe, sin));
    const low = target + ((<usize>k) << 5);
    const high = target + ((<usize>(half - k)) << 5);
    v128.store(low, f32x4.mul(f32x4.add(evenRe, turnedRe), halves));
    v128.store(low, f32x4.mul(f32x4.add(evenIm, turnedIm), halves), 16);
    v128.store(high, f32x4.mul(f32x4.sub(evenRe, turnedRe), halves));
    v128.store(high, f32x4.mul(f32x4.sub(turnedIm, evenIm), halves), 16);
  }
}

/** The first pass where the size is no power of four: sums and differences of neighbours. */
function radix2(work: usize, size: i32): void {
  const end = work + ((<usize>size) << 5);
  while (work < end) {
    const aRe = v128.load(work);
    const aIm = v128.load(work, 16);
    const bRe = v128.load(work, 32);
    const bIm = v128.load(work, 48);
    v128.store(work, f32x4.add(aRe, bRe));
    v128.store(work, f32x4.add(aIm, bIm), 16);
    v128.store(work, f32x4.sub(aRe, bRe), 32);
    v128.store(work, f32x4.sub(aIm, bIm), 48);
    work += 64;
  }
}

/** Combines four transforms of `span` points each into one of `4 span`, all along `work`. */
function radix4(work: usize, size: i32, span: i32, twiddles: usize): void {
  const end = work + ((<usize>size) << 5);
  const spanBytes = (<usize>span) << 5;
  for (let k = 0; k < span; k++) {
    const cos1 = v128.load32_splat(twiddles);
    const sin1 = v128.load32_splat(twiddles, 4);
    const cos2 = v128.load32_splat(twiddles, 8);
    const sin2 = v128.load32_splat(twiddles, 12);
    const cos3 = v128.load32_splat(twiddles, 16);
    const sin3 = v128.load32_splat(twiddles, 20);
    twiddles += 24;
    for (let a = work + ((<usize>k) << 5); a < end; a += spanBytes << 2) {
      const b = a + spanBytes;
      const c = b + spanBytes;
      const d = c + spanBytes;
      const aRe = v128.load(a);
      const aIm = v128.load(a, 16);
      const bRe = turnedReal(b, cos1, sin1);
      const bIm = turnedImaginary(b, cos1, sin1);
      const cRe = turnedReal(c, cos2, sin2);
      const cIm = turnedImaginary(c, cos2, sin2);
      const dRe = turnedReal(d, cos3, sin3);
      const dIm = turnedImaginary(d, cos3, sin3);
      const sumRe = f32x4.add(aRe, cRe);
      const sumIm = f32x4.add(aIm, cIm);
      const differenceRe = f32x4.sub(aRe, cRe);
      const differenceIm = f32x4.sub(aIm, cIm);
      const otherRe = f32x4.add(bRe, dRe);
      const otherIm = f32x4.add(bIm, dIm);
      const quarterRe = f32x4.sub(bIm, dIm);
      const quarterIm = f32x4.sub(dRe, bRe);
      v128.store(a, f32x4.add(sumRe, otherRe));
      v128.store(a, f32x4.add(sumIm, otherIm), 16);
      v128.store(b, f32x4.add(differenceRe, quarterRe));
      v128.store(b, f32x4.add(differenceIm, quarterIm), 16);
      v128.store(c, f32x4.sub(sumRe, otherRe));
      v128.store(c, f32x4.sub(sumIm, otherIm), 16);
      v128.store(d, f32x4.sub(differenceRe, quarterRe));
      v128.store(d, f32x4.sub(differenceIm, quarterIm), 16);
    }
  }
}

/** The real part of z · e^(-iφ). */
function turnedReal(z: usize, cos: v128, sin: v128): v128 {
  return f32x4.add(f32x4.mul(v128.load(z), cos), f32x4.mul(v128.load(z, 16), sin));
}

function turnedImaginary(z: usize, cos: v128, sin: v128): v128 {
  return f32x4.sub(f32x4.mul(v128.load(z, 16), cos), f32x4.mul(v128.load(z), sin));
}
