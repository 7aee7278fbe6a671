/** Convolutions along time, for small networks. Pointers are byte addresses of float32 arrays. */
import { naturalLog } from "./vectors";

/** Replaces `count` (a multiple of 4) values, at least 0, by ln(1 + gain · value). */
export function logCompress(values: usize, count: i32, gain: f32): void {
  const gains = f32x4.splat(gain);
  const one = f32x4.splat(1);
  const end = values + ((<usize>count) << 2);
  while (values < end) {
    v128.store(values, naturalLog(f32x4.add(one, f32x4.mul(v128.load(values), gains))));
    values += 16;
  }
}

/**
 * target[frame][out] = bias[out] + Σ over taps and channels of weights[tap][in][out] · source[frame + tap · dilation][in], for
 * `frames` rounded up to a multiple of 4; at least `floor`: 0 for a rectifier, -Infinity for none. Eight channels of four
 * frames at a time.
 *
 * @param outChannels - a multiple of 8
 */
export function convolve(
  source: usize,
  frames: i32,
  inChannels: i32,
  weights: usize,
  bias: usize,
  taps: i32,
  dilation: i32,
  outChannels: i32,
  floor: f32,
  target: usize,
): void {
  const row = (<usize>inChannels) << 2;
  const outRow = (<usize>outChannels) << 2;
  const tapBytes = <usize>dilation * row;
  const floors = f32x4.splat(floor);
  for (let frame = 0; frame < frames; frame += 4) {
    for (let out: usize = 0; out < outRow; out += 32) {
      const biasLow = v128.load(bias + out);
      const biasHigh = v128.load(bias + out, 16);
      let low0 = biasLow;
      let low1 = biasLow;
      let low2 = biasLow;
      let low3 = biasLow;
      let high0 = biasHigh;
      let high1 = biasHigh;
      let high2 = biasHigh;
      let high3 = biasHigh;
      let weight = weights + out;
      let tapStart = source;
      for (let tap = 0; tap < taps; tap++) {
        let x = tapStart;
        const end = x + row;
        while (x < end) {
          const weightLow = v128.load(weight);
          const weightHigh = v128.load(weight, 16);
          const x0 = v128.load32_splat(x);
          const x1 = v128.load32_splat(x + row);
          const x2 = v128.load32_splat(x + 2 * row);
          const x3 = v128.load32_splat(x + 3 * row);
          low0 = f32x4.add(low0, f32x4.mul(x0, weightLow));
          low1 = f32x4.add(low1, f32x4.mul(x1, weightLow));
          low2 = f32x4.add(low2, f32x4.mul(x2, weightLow));
          low3 = f32x4.add(low3, f32x4.mul(x3, weightLow));
          high0 = f32x4.add(high0, f32x4.mul(x0, weightHigh));
          high1 = f32x4.add(high1, f32x4.mul(x1, weightHigh));
          high2 = f32x4.add(high2, f32x4.mul(x2, weightHigh));
          high3 = f32x4.add(high3, f32x4.mul(x3, weightHigh));
          weight += outRow;
          x += 4;
        }
        tapStart += tapBytes;
      }
      const to = target + out;
      v128.store(to, f32x4.max(low0, floors));
      v128.store(to + outRow, f32x4.max(low1, floors));
      v128.store(to + 2 * outRow, f32x4.max(low2, floors));
      v128.store(to + 3 * outRow, f32x4.max(low3, floors));
      v128.store(to, f32x4.max(high0, floors), 16);
      v128.store(to + outRow, f32x4.max(high1, floors), 16);
      v128.store(to + 2 * outRow, f32x4.max(high2, floors), 16);
      v128.store(to + 3 * outRow, f32x4.max(high3, floors), 16);
    }
    source += row << 2;
    target += outRow << 2;
  }
}

/**
 * The same with one filter a channel: target[frame][channel] = bias[channel] + Σ over taps of weights[tap][channel] ·
 * source[frame + tap · dilation][channel], at least `floor`.
 *
 * @param channels - a multiple of 4
 */
export function convolveDepthwise(
  source: usize,
  frames: i32,
  channels: i32,
  weights: usize,
  bias: usize,
  taps: i32,
  dilation: i32,
  floor: f32,
  target: usize,
): void {
  const row = (<usize>channels) << 2;
  const tapBytes = <usize>dilation * row;
  const floors = f32x4.splat(floor);
  for (let frame = 0; frame < frames; frame++) {
    for (let channel: usize = 0; channel < row; channel += 16) {
      let sum = v128.load(bias + channel);
      let x = source + channel;
      let weight = weights + channel;
      for (let tap = 0; tap < taps; tap++) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(x), v128.load(weight)));
        x += tapBytes;
        weight += row;
      }
      v128.store(target + channel, f32x4.max(sum, floors));
    }
    source += row;
    target += row;
  }
}

/** Adds `count` (a multiple of 4) values to those at `target`. */
export function accumulate(source: usize, count: i32, target: usize): void {
  const end = source + ((<usize>count) << 2);
  while (source < end) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
    source += 16;
    target += 16;
  }
}
