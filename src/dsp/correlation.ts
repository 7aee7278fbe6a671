/** Likeness of two sequences, whatever their offset and scale. */

/** Pearson's correlation of two sequences of one length, in [-1, 1]; 0 where either is constant. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    sumA += a[index];
    sumB += b[index];
    squaresA += a[index] * a[index];
    squaresB += b[index] * b[index];
    products += a[index] * b[index];
  }
  const varianceA = squaresA - (sumA * sumA) / a.length;
  const varianceB = squaresB - (sumB * sumB) / a.length;
  if (varianceA <= 1e-12 * squaresA || varianceB <= 1e-12 * squaresB) return 0;
  return (products - (sumA * sumB) / a.length) / Math.sqrt(varianceA * varianceB);
}
