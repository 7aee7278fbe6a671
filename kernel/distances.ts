/** Distances between vectors. Pointers are byte addresses of float32 arrays. */
import { sumOfLanes } from "./vectors";

/**
 * The squared Euclidean distances of the vector at `vector` to each of `count` vectors at `others`, `[vector][dimension]` flat,
 * to `target`. `dimensions` is a multiple of 4.
 */
export function squaredDistances(vector: usize, others: usize, count: i32, dimensions: i32, target: usize): void {
  const bytes = (<usize>dimensions) << 2;
  for (const end = target + ((<usize>count) << 2); target < end; target += 4) {
    let sums = f32x4.splat(0);
    for (let offset: usize = 0; offset < bytes; offset += 16) {
      const difference = f32x4.sub(v128.load(vector + offset), v128.load(others + offset));
      sums = f32x4.add(sums, f32x4.mul(difference, difference));
    }
    store<f32>(target, sumOfLanes(sums));
    others += bytes;
  }
}
