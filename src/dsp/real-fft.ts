/** The discrete Fourier transform of real signals whose length is a power of two. */

/** A transform of one length, with its tables; it holds scratch memory, so one run at a time. */
export interface RealFft {
  readonly size: number;
  /** `size / 2 + 1`. */
  readonly bins: number;
  /**
   * X[k] = Σ y[n] e^(-2πikn/size), unnormalised, for k = 0 to size / 2: `y` has `size` samples; `real` and `imaginary` take
   * `bins` values each. `y` is not changed.
   */
  forward(y: Float64Array, real: Float64Array, imaginary: Float64Array): void;
}

/**
 * Makes a transform of `size` samples: a complex one of half the size, radix 4 with one radix-2 pass where needed, decimated
 * in time, and a split of its result. Tables take about 32 bytes a sample. Sorensen, Jones, Heideman & Burrus,
 * "Real-valued fast Fourier transform algorithms", IEEE Trans. ASSP 35(6), 1987.
 *
 * @throws RangeError unless the size is a power of two of at least 4.
 */
export function createRealFft(size: number): RealFft {
  if (size < 4 || (size & (size - 1)) !== 0) {
    throw new RangeError(`An FFT of ${size} samples was asked for; expected a power of two of at least 4.`);
  }
  const half = size / 2;
  const radices = radicesOf(half);
  const order = new Uint32Array(inputOrder(radices));
  const { cosines, sines } = rotations(half, half);
  const split = rotations(size, half / 2 + 1);
  const re = new Float64Array(half);
  const im = new Float64Array(half);

  return {
    size,
    bins: half + 1,
    forward(y, real, imaginary) {
      for (let n = 0; n < half; n++) {
        const source = 2 * order[n];
        re[n] = y[source];
        im[n] = y[source + 1];
      }
      let span = 1;
      for (const radix of radices) {
        if (radix === 2) radix2Pass(re, im);
        else radix4Pass(re, im, span, cosines, sines);
        span *= radix;
      }
      splitHalves(re, im, split.cosines, split.sines, real, imaginary);
    },
  };
}

/** cos and sin of 2πk/size for k = 0 to count - 1. */
function rotations(size: number, count: number): { cosines: Float64Array; sines: Float64Array } {
  const angle = (2 * Math.PI) / size;
  return {
    cosines: Float64Array.from({ length: count }, (_, k) => Math.cos(angle * k)),
    sines: Float64Array.from({ length: count }, (_, k) => Math.sin(angle * k)),
  };
}

/** The radices of the passes, first pass first. */
export function radicesOf(size: number): number[] {
  const radices: number[] = [];
  let rest = size;
  while (rest >= 4) {
    radices.push(4);
    rest /= 4;
  }
  if (rest === 2) radices.unshift(2);
  return radices;
}

/** Where the first pass finds its inputs: the digits of the index reversed, in the mixed base of the radices. */
export function inputOrder(radices: readonly number[]): number[] {
  let order = [0];
  let stride = radices.reduce((product, radix) => product * radix, 1);
  for (const radix of radices) {
    stride /= radix;
    const previous = order;
    order = [];
    for (let part = 0; part < radix; part++) for (const index of previous) order.push(index + part * stride);
  }
  return order;
}

/** The first pass where the size is no power of four: sums and differences of neighbours. */
function radix2Pass(re: Float64Array, im: Float64Array): void {
  for (let a = 0; a < re.length; a += 2) {
    const b = a + 1;
    const real = re[b];
    const imaginary = im[b];
    re[b] = re[a] - real;
    im[b] = im[a] - imaginary;
    re[a] += real;
    im[a] += imaginary;
  }
}

/** Combines four transforms of `span` points each into one of `4 span`, all along the arrays. */
function radix4Pass(
  re: Float64Array,
  im: Float64Array,
  span: number,
  cosines: Float64Array,
  sines: Float64Array,
): void {
  const length = re.length;
  const step = length / (4 * span);
  for (let k = 0; k < span; k++) {
    const cos1 = cosines[k * step];
    const sin1 = sines[k * step];
    const cos2 = cosines[2 * k * step];
    const sin2 = sines[2 * k * step];
    const cos3 = cosines[3 * k * step];
    const sin3 = sines[3 * k * step];
    for (let a = k; a < length; a += 4 * span) {
      const b = a + span;
      const c = b + span;
      const d = c + span;
      const bRe = re[b] * cos1 + im[b] * sin1;
      const bIm = im[b] * cos1 - re[b] * sin1;
      const cRe = re[c] * cos2 + im[c] * sin2;
      const cIm = im[c] * cos2 - re[c] * sin2;
      const dRe = re[d] * cos3 + im[d] * sin3;
      const dIm = im[d] * cos3 - re[d] * sin3;
      const sumRe = re[a] + cRe;
      const sumIm = im[a] + cIm;
      const differenceRe = re[a] - cRe;
      const differenceIm = im[a] - cIm;
      re[a] = sumRe + bRe + dRe;
      im[a] = sumIm + bIm + dIm;
      re[b] = differenceRe + bIm - dIm;
      im[b] = differenceIm - bRe + dRe;
      re[c] = sumRe - bRe - dRe;
      im[c] = sumIm - bIm - dIm;
      re[d] = differenceRe - bIm + dIm;
      im[d] = differenceIm + bRe - dRe;
    }
  }
}

/** Takes the spectra of the even and the odd samples apart and joins them to the spectrum of the whole. */
function splitHalves(
  re: Float64Array,
  im: Float64Array,
  cosines: Float64Array,
  sines: Float64Array,
  real: Float64Array,
  imaginary: Float64Array,
): void {
  const half = re.length;
  real[0] = re[0] + im[0];
  imaginary[0] = 0;
  real[half] = re[0] - im[0];
  imaginary[half] = 0;
  for (let k = 1; k <= half / 2; k++) {
    const mirror = half - k;
    const evenRe = (re[k] + re[mirror]) / 2;
    const evenIm = (im[k] - im[mirror]) / 2;
    const oddRe = (im[k] + im[mirror]) / 2;
    const oddIm = (re[mirror] - re[k]) / 2;
    const turnedRe = oddRe * cosines[k] + oddIm * sines[k];
    const turnedIm = oddIm * cosines[k] - oddRe * sines[k];
    real[k] = evenRe + turnedRe;
    imaginary[k] = evenIm + turnedIm;
    real[mirror] = evenRe - turnedRe;
    imaginary[mirror] = turnedIm - evenIm;
  }
}
