/** The greatest value of the continuous signal that samples stand for. Pointers are byte addresses of float32 arrays. */
import { greatestLane } from "./vectors";

const WINDOW = 32;
const WINDOW_BYTES: usize = 128;
/** Bounds are computed in single precision: this much is allowed for rounding. */
const MARGIN: f32 = 1.00001;

/**
 * Measures `windows` windows of 32 samples from `next` on and judges for each the window before it: where a value between two
 * samples may exceed the peak so far, the window is interpolated. See src/dsp/true-peak.ts for the bound.
 *
 * @param next - index of the first window's first sample at `samples`; 43 samples before it and one after the last are read
 * @param taps - `[phase][tap]`: 24 weights for each of the `phases` values between a sample and the next
 * @param state - peak, sample peak, greatest second difference of the window before last and of the last, greatest sample of
 * the last, index of the peak's sample (an int32, written only when the peak rises); from the ninth on scratch of 32 floats
 */
export function truePeak(
  samples: usize,
  next: i32,
  windows: i32,
  taps: usize,
  phases: i32,
  slope: f32,
  bend: f32,
  state: usize,
): void {
  let samplePeak = load<f32>(state, 4);
  let bendBefore = load<f32>(state, 8);
  let bendLast = load<f32>(state, 12);
  let peakLast = load<f32>(state, 16);
  for (let window = 0; window < windows; window++) {
    const at = samples + ((<usize>(next + window * WINDOW)) << 2);
    let peaks = f32x4.splat(0);
    let bends = f32x4.splat(0);
    for (let y = at; y < at + WINDOW_BYTES; y += 16) {
      const middle = v128.load(y);
      const around = f32x4.add(v128.load(y - 4), v128.load(y, 4));
      // pmax is one instruction, where max has to look after NaN.
      peaks = f32x4.pmax(peaks, f32x4.abs(middle));
      bends = f32x4.pmax(bends, f32x4.abs(f32x4.sub(around, f32x4.add(middle, middle))));
    }
    const windowPeak = greatestLane(peaks);
    const windowBend = greatestLane(bends);
    samplePeak = max(samplePeak, windowPeak);
    const reach = bend * max(max(bendBefore, bendLast), windowBend);
    const bound = (slope * max(peakLast, abs(load<f32>(at))) + reach) * MARGIN;
    if (bound > load<f32>(state)) judge(samples, next + (window - 1) * WINDOW, taps, phases, state);
    bendBefore = bendLast;
    bendLast = windowBend;
    peakLast = windowPeak;
  }
  store<f32>(state, samplePeak, 4);
  store<f32>(state, bendBefore, 8);
  store<f32>(state, bendLast, 12);
  store<f32>(state, peakLast, 16);
}

/** Takes the greatest of a window's samples and the values between them into the state, and the first place that has it. */
function judge(samples: usize, start: i32, taps: usize, phases: i32, state: usize): void {
  const first = samples + ((<usize>start) << 2);
  const greatest = state + 32;
  let best = f32x4.splat(0);
  for (let offset: usize = 0; offset < WINDOW_BYTES; offset += 64) {
    const y = first + offset;
    let best0 = f32x4.abs(v128.load(y));
    let best1 = f32x4.abs(v128.load(y, 16));
    let best2 = f32x4.abs(v128.load(y, 32));
    let best3 = f32x4.abs(v128.load(y, 48));
    for (let phase = 0; phase < phases; phase++) {
      let weight = taps + <usize>(phase * 24 * 4);
      let x = y - 11 * 4;
      let sum0 = f32x4.splat(0);
      let sum1 = f32x4.splat(0);
      let sum2 = f32x4.splat(0);
      let sum3 = f32x4.splat(0);
      for (const end = weight + 24 * 4; weight < end; weight += 4) {
        const w = v128.load32_splat(weight);
        sum0 = f32x4.add(sum0, f32x4.mul(w, v128.load(x)));
        sum1 = f32x4.add(sum1, f32x4.mul(w, v128.load(x, 16)));
        sum2 = f32x4.add(sum2, f32x4.mul(w, v128.load(x, 32)));
        sum3 = f32x4.add(sum3, f32x4.mul(w, v128.load(x, 48)));
        x += 4;
      }
      // pmax keeps the first where the second is no number, as where sums of the greatest samples overflow.
      best0 = f32x4.pmax(best0, f32x4.abs(sum0));
      best1 = f32x4.pmax(best1, f32x4.abs(sum1));
      best2 = f32x4.pmax(best2, f32x4.abs(sum2));
      best3 = f32x4.pmax(best3, f32x4.abs(sum3));
    }
    v128.store(greatest + offset, best0);
    v128.store(greatest + offset, best1, 16);
    v128.store(greatest + offset, best2, 32);
    v128.store(greatest + offset, best3, 48);
    best = f32x4.max(best, f32x4.max(f32x4.max(best0, best1), f32x4.max(best2, best3)));
  }
  const peak = greatestLane(best);
  if (peak <= load<f32>(state)) return;
  store<f32>(state, peak);
  let n = 0;
  while (n < WINDOW - 1 && load<f32>(greatest + ((<usize>n) << 2)) < peak) n++;
  store<i32>(state, start + n, 20);
}
