/** Which sections of a recording are the same. */
import { median } from "../dsp/statistics.ts";

/** Cells by which two sections may be shifted against each other, as their boundaries are not exact. */
const SHIFT = 2;
/**
 * Sections are alike below this distance, re the median distance of all cells. In 58 songs with known sections 95 % of
 * repetitions are below 0.37 and 95 % of other pairs above 0.49.
 */
const ALIKE = 0.42;
/** Every so many cells make the median. */
const SAMPLE_STEP = 3;

/** Cells from `start` to before `end`. */
export interface CellRange {
  readonly start: number;
  readonly end: number;
}

/**
 * A number from 0 for each section, the same for sections that repeat each other, new numbers in order of appearance. Sections
 * are compared cell by cell along the best diagonal of the distances (`[a][b]` flat, `count` a row), the shorter within the longer,
 * and grouped bottom-up by mean distance. After Serrà et al., "Unsupervised music structure annotation by time series structure
 * features and segment similarity", IEEE Trans. Multimedia 16(5), 2014, section III-D, with plain alignment.
 */
export function labelSections(sections: readonly CellRange[], distances: Float32Array, count: number): number[] {
  const typical = medianDistance(distances, count);
  const between = sections.map((a) => sections.map((b) => alignedDistance(a, b, distances, count) / typical));
  const groups = sections.map((_, index) => [index]);
  for (;;) {
    const pair = nearestGroups(groups, between);
    if (pair === null) break;
    const [merged] = groups.splice(pair[1], 1);
    groups[pair[0]].push(...merged);
  }
  const byAppearance = groups.sort((a, b) => Math.min(...a) - Math.min(...b));
  return sections.map((_, index) => byAppearance.findIndex((group) => group.includes(index)));
}

/** The two groups that are nearest and alike, the earlier first; null where there are none. */
function nearestGroups(groups: readonly number[][], between: readonly number[][]): [number, number] | null {
  let nearest = ALIKE;
  let pair: [number, number] | null = null;
  for (let a = 0; a < groups.length; a++) {
    for (let b = a + 1; b < groups.length; b++) {
      let sum = 0;
      for (const i of groups[a]) for (const j of groups[b]) sum += between[i][j];
      const distance = sum / (groups[a].length * groups[b].length);
      if (distance >= nearest) continue;
      nearest = distance;
      pair = [a, b];
    }
  }
  return pair;
}

function alignedDistance(a: CellRange, b: CellRange, distances: Float32Array, count: number): number {
  const [short, long] = a.end - a.start <= b.end - b.start ? [a, b] : [b, a];
  const cells = short.end - short.start;
  const room = long.end - long.start - cells;
  let least = Number.POSITIVE_INFINITY;
  for (let offset = -SHIFT; offset <= room + SHIFT; offset++) {
    let [sum, overlap] = [0, 0];
    for (let cell = Math.max(0, -offset); cell < Math.min(cells, cells + room - offset); cell++) {
      sum += distances[(short.start + cell) * count + long.start + cell + offset];
      overlap++;
    }
    if (2 * overlap > cells) least = Math.min(least, sum / overlap);
  }
  return least;
}

/** At least a tiny number, so that it can divide. */
function medianDistance(distances: Float32Array, count: number): number {
  const sample: number[] = [];
  for (let a = 0; a < count; a += SAMPLE_STEP) {
    for (let b = a + 1; b < count; b += SAMPLE_STEP) sample.push(distances[a * count + b]);
  }
  return sample.length === 0 ? 1 : Math.max(1e-9, median(sample));
}
