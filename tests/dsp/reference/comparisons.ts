/** Comparisons of samples and of vectors in double precision, by their definitions. */

/** `[block]`: the greatest |second difference| at n from block · length + 1 to (block + 1) · length; whole blocks only. */
export function referenceBends(y: ArrayLike<number>, length: number): number[] {
  return Array.from({ length: Math.floor((y.length - 2) / length) }, (_, block) => {
    let greatest = 0;
    for (let n = block * length + 1; n <= (block + 1) * length; n++) {
      greatest = Math.max(greatest, Math.abs(y[n - 1] - 2 * y[n] + y[n + 1]));
    }
    return greatest;
  });
}

/** `[a][b]` of vectors `[vector][dimension]` flat. */
export function referenceSquaredDistances(vectors: ArrayLike<number>, dimensions: number): number[][] {
  const indices = Array.from({ length: vectors.length / dimensions }, (_, index) => index);
  return indices.map((a) =>
    indices.map((b) => {
      let sum = 0;
      for (let d = 0; d < dimensions; d++) sum += (vectors[a * dimensions + d] - vectors[b * dimensions + d]) ** 2;
      return sum;
    }),
  );
}

/**
 * Novelty of recurrence from squared distances `[a][b]`, every step a whole matrix (see src/dsp/recurrence.ts): diagonal means of 4,
 * mutual nearest neighbours, lags around the end, smoothing by Gaussians along both axes, squared steps.
 */
export function referenceRecurrence(distances: readonly (readonly number[])[]): number[] {
  const count = distances.length;
  const indices = Array.from({ length: count }, (_, index) => index);
  const embedded = indices.map((a) => indices.map((b) => diagonalMean(distances, a, b)));
  const rank = Math.min(count - 1, Math.max(2, Math.round(0.03 * count)));
  const bounds = embedded.map((row) => row.toSorted((x, y) => x - y)[rank]);
  const lags = indices.map((a) =>
    indices.map((lag) => {
      const b = (a + lag) % count;
      return lag > 0 && embedded[a][b] <= bounds[a] && embedded[a][b] <= bounds[b] ? 1 : 0;
    }),
  );
  const alongLag = lags.map((row) => indices.map((lag) => smoothed(1, (tap) => row[(lag + tap + 3 * count) % count])));
  const last = count - 1;
  const rows = indices.map((time) =>
    indices.map((lag) => smoothed(4, (tap) => alongLag[Math.max(0, Math.min(last, time + tap))][lag])),
  );
  const steps = indices.map((time) =>
    time === 0 ? 0 : indices.reduce((sum, lag) => sum + (rows[time][lag] - rows[time - 1][lag]) ** 2, 0),
  );
  const greatest = Math.max(...steps);
  return [...steps.map((step) => (greatest > 0 ? step / greatest : 0)), 0];
}

function diagonalMean(distances: readonly (readonly number[])[], a: number, b: number): number {
  const steps = [-2, -1, 0, 1].filter((k) => distances[a + k]?.[b + k] !== undefined);
  return steps.reduce((sum, k) => sum + distances[a + k][b + k], 0) / steps.length;
}

function smoothed(deviation: number, value: (tap: number) => number): number {
  const reach = Math.ceil(2.5 * deviation);
  let [sum, weights] = [0, 0];
  for (let tap = -reach; tap <= reach; tap++) {
    const weight = Math.exp(-0.5 * (tap / deviation) ** 2);
    sum += weight * value(tap);
    weights += weight;
  }
  return sum / weights;
}
