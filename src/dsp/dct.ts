/** The discrete cosine transform of type II. */

/**
 * The first `count` rows of the orthonormal DCT-II matrix of `size` points, `[row][n]` flat: multiplied with a column it
 * gives scipy.fft.dct(norm="ortho"). Ahmed, Natarajan & Rao, "Discrete cosine transform", IEEE Trans. Computers C-23, 1974.
 */
export function dctMatrix(count: number, size: number): Float64Array {
  const matrix = new Float64Array(count * size);
  for (let row = 0; row < count; row++) {
    const scale = Math.sqrt((row === 0 ? 1 : 2) / size);
    for (let n = 0; n < size; n++)
      matrix[row * size + n] = scale * Math.cos((Math.PI * row * (2 * n + 1)) / (2 * size));
  }
  return matrix;
}
