/** Novelty: how much a sequence of vectors changes its character from one place to the next. */

/** Standard deviation of the checkerboard kernel's Gaussian taper, as a share of its reach (Foote 2000: about a half). */
const TAPER = 0.5;
/** Fewer vectors than this share of the reach before or after a place tell little of it; the novelty fades. */
const EDGE_SHARE = 0.5;

/**
 * Novelty at the boundaries between vectors by a tapered checkerboard kernel along the diagonal of their self-similarity (cosine):
 * mean similarity within the `reach` vectors before and within those after, less that between them. `vectors` is
 * `[vector][dimension]` flat; those shorter than `minLength` count less, in proportion, as the direction of what is nearly zero is chance. `[boundary]`, one more than there are vectors, in [0, 2], 0 at both ends; 0 where all vectors are
 * alike or zero. Needs count · reach² steps. Foote, "Automatic audio segmentation using a measure of audio novelty", ICME, 2000.
 */
export function checkerboardNovelty(
  vectors: Float64Array,
  dimensions: number,
  reach: number,
  minLength: number,
): Float64Array {
  const count = vectors.length / dimensions;
  const span = 2 * reach;
  const band = similarityBand(directions(vectors, dimensions, minLength), dimensions, span);
  const taper = Float64Array.from({ length: reach }, (_, n) => Math.exp(-0.5 * ((n + 0.5) / (TAPER * reach)) ** 2));
  /** Sum of the first weights. */
  const weightOf = new Float64Array(reach + 1);
  for (let i = 0; i < reach; i++) weightOf[i + 1] = weightOf[i] + taper[i];
  const novelty = new Float64Array(count + 1);
  for (let boundary = 1; boundary < count; boundary++) {
    const before = Math.min(reach, boundary);
    const after = Math.min(reach, count - boundary);
    let [within, between] = [0, 0];
    for (let i = 0; i < before; i++) {
      const row = (boundary - 1 - i) * span;
      within += taper[i] * (sumBackward(band, row, taper, i) - 0.5 * taper[i] * band[row]);
      between += taper[i] * sumForward(band, row + i + 1, taper, 0, after);
    }
    for (let i = 0; i < after; i++) {
      const row = (boundary + i) * span;
      within += taper[i] * (sumForward(band, row, taper, i, after) - 0.5 * taper[i] * band[row]);
    }
    // Each pair within was taken once, and stands twice in the kernel.
    const withinMean = (2 * within) / (weightOf[before] ** 2 + weightOf[after] ** 2);
    const betweenMean = between / (weightOf[before] * weightOf[after]);
    const fade = Math.min(1, Math.min(boundary, count - boundary) / (EDGE_SHARE * reach));
    novelty[boundary] = fade * Math.max(0, withinMean - betweenMean);
  }
  return novelty;
}

/** Σ taper[k] · band[start + k - from] for `from` ≤ k < `end`. */
function sumForward(band: Float32Array, start: number, taper: Float64Array, from: number, end: number): number {
  let sum = 0;
  for (let k = from, at = start; k < end; k++, at++) sum += taper[k] * band[at];
  return sum;
}

/** Σ taper[k] · band[start + from - k] for 0 ≤ k ≤ `from`. */
function sumBackward(band: Float32Array, start: number, taper: Float64Array, from: number): number {
  let sum = 0;
  for (let k = from, at = start; k >= 0; k--, at++) sum += taper[k] * band[at];
  return sum;
}

/** `[vector][distance]` flat, `span` a vector: similarity to the vector that many later; 0 beyond the end. */
function similarityBand(units: Float64Array, dimensions: number, span: number): Float32Array {
  const count = units.length / dimensions;
  const band = new Float32Array(count * span);
  for (let vector = 0; vector < count; vector++) {
    for (let distance = 0; distance < Math.min(span, count - vector); distance++) {
      let sum = 0;
      const [a, b] = [vector * dimensions, (vector + distance) * dimensions];
      for (let d = 0; d < dimensions; d++) sum += units[a + d] * units[b + d];
      band[vector * span + distance] = sum;
    }
  }
  return band;
}

/** Each vector over its length, or over `minLength` where it is shorter; zeros stay zeros. */
function directions(vectors: Float64Array, dimensions: number, minLength: number): Float64Array {
  const scaled = new Float64Array(vectors.length);
  for (let start = 0; start < vectors.length; start += dimensions) {
    let squares = 0;
    for (let d = 0; d < dimensions; d++) squares += vectors[start + d] ** 2;
    const length = Math.max(minLength, Math.sqrt(squares));
    for (let d = 0; d < dimensions; d++) scaled[start + d] = length > 0 ? vectors[start + d] / length : 0;
  }
  return scaled;
}
