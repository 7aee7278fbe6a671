/** The greatest and the least of many values. Pointers are byte addresses of float32 arrays. */

/**
 * The `count` greatest, falling, and then the `count` least, rising, of the values `first` to `end` - 1 of each of four rows of
 * `rowLength` values, to vectors at `target`, a lane a row. There are at least `count` values. Fastest where values fall from
 * `first` to `end`, as those of spectra do: the greatest are looked for from the start, the least from the end.
 */
export function extremes(rows: usize, rowLength: i32, first: i32, end: i32, count: i32, target: usize): void {
  const rowBytes = (<usize>rowLength) << 2;
  const least = target + ((<usize>count) << 4);
  const stop = least + ((<usize>count) << 4);
  for (let slot = target; slot < least; slot += 16) v128.store(slot, f32x4.splat(-Infinity));
  for (let slot = least; slot < stop; slot += 16) v128.store(slot, f32x4.splat(Infinity));
  const from = rows + ((<usize>first) << 2);
  const to = rows + ((<usize>end) << 2);
  let bound = f32x4.splat(-Infinity);
  for (let at = from; at < to; at += 4) {
    let value = column(at, rowBytes);
    // Most values are none of them.
    if (!v128.any_true(f32x4.gt(value, bound))) continue;
    for (let slot = target; slot < least; slot += 16) {
      const kept = v128.load(slot);
      bound = f32x4.pmax(kept, value);
      v128.store(slot, bound);
      value = f32x4.pmin(kept, value);
    }
  }
  bound = f32x4.splat(Infinity);
  for (let at = to - 4; at >= from; at -= 4) {
    let value = column(at, rowBytes);
    if (!v128.any_true(f32x4.lt(value, bound))) continue;
    for (let slot = least; slot < stop; slot += 16) {
      const kept = v128.load(slot);
      bound = f32x4.pmin(kept, value);
      v128.store(slot, bound);
      value = f32x4.pmax(kept, value);
    }
  }
}

/** The values at one place of four rows. */
function column(at: usize, rowBytes: usize): v128 {
  let x = v128.load32_zero(at);
  x = v128.load32_lane(at + rowBytes, x, 1);
  x = v128.load32_lane(at + 2 * rowBytes, x, 2);
  return v128.load32_lane(at + 3 * rowBytes, x, 3);
}
