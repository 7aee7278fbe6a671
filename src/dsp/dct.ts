/** The discrete cosine transform of type II. */

/**
 * The first `count` rows of the orthonormal DCT-II matrix of `size` points, `[row][n]`: multiplied with a column it gives
 * scipy.fft.dct(norm="ortho"). Ahmed, Natarajan & Rao, "Discrete cosine transform", IEEE Trans. Computers C-23, 1974.
 */
export function dctRows(count: number, size: number): Float64Array[] {
  return Array.from({ length: count }, (_, row) => {
    const scale = Math.sqrt((row === 0 ? 1 : 2) / size);
    return Float64Array.from({ length: size }, (_, n) => scale * Math.cos((Math.PI * row * (2 * n + 1)) / (2 * size)));
  });
}
