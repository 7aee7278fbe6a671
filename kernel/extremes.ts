/** The greatest and the least of many values. Pointers are byte addresses of float32 arrays. */

/**
 * The `count` greatest, falling, and then the `count` least, rising, of the values `first` to `end` - 1 of each of four rows of
 * `rowLength` values, to vectors at `target`, a lane a row. There are at least `count` values.
 */
export function extremes(rows: usize, rowLength: i32, first: i32, end: i32, count: i32, target: usize): void {
  const rowBytes = (<usize>rowLength) << 2;
  const least = target + ((<usize>count) << 4);
  const lastGreatest = least - 16;
  const lastLeast = lastGreatest + ((<usize>count) << 4);
  for (let slot = target; slot < least; slot += 16) {
    v128.store(slot, f32x4.splat(-Infinity));
    v128.store(slot + ((<usize>count) << 4), f32x4.splat(Infinity));
  }
  const stop = rows + ((<usize>end) << 2);
  for (let at = rows + ((<usize>first) << 2); at < stop; at += 4) {
    let x = v128.load32_zero(at);
    x = v128.load32_lane(at + rowBytes, x, 1);
    x = v128.load32_lane(at + 2 * rowBytes, x, 2);
    x = v128.load32_lane(at + 3 * rowBytes, x, 3);
    // Most values are neither.
    if (v128.any_true(f32x4.gt(x, v128.load(lastGreatest)))) {
      let value = x;
      for (let slot = target; slot < least; slot += 16) {
        const kept = v128.load(slot);
        v128.store(slot, f32x4.pmax(kept, value));
        value = f32x4.pmin(kept, value);
      }
    }
    if (v128.any_true(f32x4.lt(x, v128.load(lastLeast)))) {
      let value = x;
      for (let slot = least; slot <= lastLeast; slot += 16) {
        const kept = v128.load(slot);
        v128.store(slot, f32x4.pmin(kept, value));
        value = f32x4.pmax(kept, value);
      }
    }
  }
}
