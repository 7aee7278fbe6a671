/** Mixing of channels and the inner loops of the resampler. Pointers are byte addresses of float32 arrays. */
import { sumOfLanes } from "./vectors";

/**
 * target[n] = gain · source[n], limited to ±limit before, or target[n] + that. `count` is rounded up to a multiple of 4.
 */
export function mix(source: usize, target: usize, count: i32, gain: f32, limit: f32, add: bool): void {
  const gains = f32x4.splat(gain);
  const upper = f32x4.splat(limit);
  const lower = f32x4.splat(-limit);
  const end = source + ((<usize>count) << 2);
  while (source < end) {
    const limited = f32x4.max(f32x4.min(v128.load(source), upper), lower);
    const scaled = f32x4.mul(limited, gains);
    v128.store(target, add ? f32x4.add(v128.load(target), scaled) : scaled);
    source += 16;
    target += 16;
  }
}

/** Sample n of stream s is source[n · streams + s]; stream s begins at target + s · strideBytes. */
export function deinterleave(source: usize, target: usize, strideBytes: usize, streams: i32, count: i32): void {
  if (streams === 2) {
    deinterleavePairs(source, target, strideBytes, count);
    return;
  }
  for (let stream = 0; stream < streams; stream++) {
    const from = source + ((<usize>stream) << 2);
    const to = target + <usize>stream * strideBytes;
    for (let n = 0; n < count; n++) {
      store<f32>(to + ((<usize>n) << 2), load<f32>(from + ((<usize>(n * streams)) << 2)));
    }
  }
}

/** Rounds `count` up to a multiple of 4. */
function deinterleavePairs(source: usize, target: usize, strideBytes: usize, count: i32): void {
  for (let n = 0; n < count; n += 4) {
    const low = v128.load(source);
    const high = v128.load(source, 16);
    v128.store(target, v128.shuffle<f32>(low, high, 0, 2, 4, 6));
    v128.store(target + strideBytes, v128.shuffle<f32>(low, high, 1, 3, 5, 7));
    source += 32;
    target += 16;
  }
}

/**
 * target[m] += Σ coefficients[tap] · source[m + tap]: a filter at one phase, sixteen outputs side by side. `count` is rounded
 * up to a multiple of 16. Every output adds its taps in the same order.
 */
export function fir(source: usize, coefficients: usize, taps: i32, target: usize, count: i32): void {
  const coefficientsEnd = coefficients + ((<usize>taps) << 2);
  for (let m = 0; m < count; m += 16) {
    let sum0 = v128.load(target);
    let sum1 = v128.load(target, 16);
    let sum2 = v128.load(target, 32);
    let sum3 = v128.load(target, 48);
    let x = source;
    for (let tap = coefficients; tap < coefficientsEnd; tap += 4) {
      const weight = v128.load32_splat(tap);
      sum0 = f32x4.add(sum0, f32x4.mul(weight, v128.load(x)));
      sum1 = f32x4.add(sum1, f32x4.mul(weight, v128.load(x, 16)));
      sum2 = f32x4.add(sum2, f32x4.mul(weight, v128.load(x, 32)));
      sum3 = f32x4.add(sum3, f32x4.mul(weight, v128.load(x, 48)));
      x += 4;
    }
    v128.store(target, sum0);
    v128.store(target, sum1, 16);
    v128.store(target, sum2, 32);
    v128.store(target, sum3, 48);
    source += 64;
    target += 64;
  }
}

/**
 * `count` outputs of a polyphase filter: the first at phase `phase / up` of source[0 …], each next one `down / up` samples on.
 * `filters` is `[phase][tap]` of `phases + 1` phases, `taps` (a multiple of 8) each; where `phases` is not `up`, a filter is
 * interpolated between its neighbours.
 */
export function polyphase(
  source: usize,
  filters: usize,
  taps: i32,
  phases: i32,
  phase: i32,
  up: i32,
  down: i32,
  target: usize,
  count: i32,
): void {
  const filterBytes = (<usize>taps) << 2;
  const step = (<usize>(down / up)) << 2;
  const stepPhase = down % up;
  for (let m = 0; m < count; m++) {
    if (phases === up) {
      store<f32>(target, dot(source, filters + <usize>phase * filterBytes, taps));
    } else {
      const exact = (<f64>phase / <f64>up) * <f64>phases;
      const below = <i32>exact;
      const filter = filters + <usize>below * filterBytes;
      const left = dot(source, filter, taps);
      const right = dot(source, filter + filterBytes, taps);
      store<f32>(target, left + <f32>(exact - <f64>below) * (right - left));
    }
    target += 4;
    source += step;
    phase += stepPhase;
    if (phase >= up) {
      phase -= up;
      source += 4;
    }
  }
}

/** Σ a[n] b[n] over a multiple of 8 values. */
function dot(a: usize, b: usize, length: i32): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  const end = a + ((<usize>length) << 2);
  while (a < end) {
    even = f32x4.add(even, f32x4.mul(v128.load(a), v128.load(b)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32;
    b += 32;
  }
  return sumOfLanes(f32x4.add(even, odd));
}
