/** Beat activations with known beats, for tests. */
import { noise } from "../fixtures/signals.ts";

export const FRAMES_PER_SECOND = 50;

/** Peaks of a frame's width at times in seconds, over a floor. */
export function activationOf(times: readonly number[], seconds: number, height = 0.9, floor = 0.02): Float32Array {
  const activation = new Float32Array(Math.round(seconds * FRAMES_PER_SECOND)).fill(floor);
  for (const time of times) {
    const place = time * FRAMES_PER_SECOND;
    for (let frame = Math.ceil(place - 2); frame <= place + 2; frame++) {
      if (frame < 0 || frame >= activation.length) continue;
      activation[frame] = Math.max(activation[frame], height * Math.exp(-((frame - place) ** 2)));
    }
  }
  return activation;
}

/** The same with the share of peaks left out, and as many at random places, the same for the same seed. */
export function unreliable(times: readonly number[], seconds: number, share: number, seed: number): Float32Array {
  const chances = noise(times.length, seed, 1);
  const kept = times.filter((_, index) => (chances[index] + 1) / 2 >= share);
  const strays = [...noise(times.length - kept.length, seed + 1, 1)].map((value) => ((value + 1) / 2) * seconds);
  const [expected, stray] = [activationOf(kept, seconds, 0.7), activationOf(strays, seconds, 0.5)];
  return expected.map((value, frame) => Math.max(value, stray[frame]));
}

/** Times at an even tempo, from `start` until a tenth of a second before the end. */
export function pulse(bpm: number, seconds: number, start = 0): number[] {
  const times: number[] = [];
  for (let beat = 0; start + (60 * beat) / bpm < seconds - 0.1; beat++) times.push(start + (60 * beat) / bpm);
  return times;
}
