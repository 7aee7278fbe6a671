/** Analysis windows and the window that shapes filters. */

/**
 * The periodic Hann window of `size` samples, 0.5 - 0.5 cos(2πn/size): the form for spectra, as scipy's `fftbins=True`.
 * Values in [0, 1]. Harris, "On the use of windows for harmonic analysis with the DFT", Proc. IEEE 66(1), 1978.
 */
export function hannWindow(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
}

/** The shape factor with which a Kaiser-windowed filter stops by `attenuationDb` (above 50 dB). Kaiser, 1974. */
export function kaiserBeta(attenuationDb: number): number {
  return 0.1102 * (attenuationDb - 8.7);
}

/**
 * The Kaiser window at a position in [-1, 1], where it is 1 in the middle; 0 outside.
 * Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", Proc. IEEE ISCAS, 1974.
 */
export function kaiserWindow(position: number, beta: number): number {
  if (Math.abs(position) > 1) return 0;
  return besselI0(beta * Math.sqrt(1 - position * position)) / besselI0(beta);
}

/** The modified Bessel function of the first kind and order zero, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
