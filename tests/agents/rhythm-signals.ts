/** Rhythms with known times, for tests and golden files. */
import { noise } from "../fixtures/signals.ts";

/** Times at an even tempo, seconds, from `start` to a tenth of a second before the end. */
export function beatTimes(bpm: number, seconds: number, start = 0.3): number[] {
  const times: number[] = [];
  for (let beat = 0; start + (beat * 60) / bpm < seconds - 0.1; beat++) times.push(start + (beat * 60) / bpm);
  return times;
}

/** Clicks of 20 ms: a decaying tone of 1 kHz at each time. */
export function clicks(times: readonly number[], seconds: number, sampleRate: number, amplitude = 0.8): Float32Array {
  const y = new Float32Array(Math.round(seconds * sampleRate));
  for (const time of times) {
    const start = Math.round(time * sampleRate);
    const length = Math.min(Math.round(0.02 * sampleRate), y.length - start);
    for (let n = 0; n < length; n++) {
      y[start + n] += amplitude * Math.sin((2 * Math.PI * 1000 * n) / sampleRate) * Math.exp((-200 * n) / sampleRate);
    }
  }
  return y;
}

/** A drum pattern of kick, snare and eighth-note hi-hats in four, the hats softer off the beat. */
export function drums(bpm: number, seconds: number, sampleRate: number): Float32Array {
  const y = new Float32Array(Math.round(seconds * sampleRate));
  const hiss = noise(sampleRate, 5, 1);
  const eighth = 30 / bpm;
  for (let index = 0; index * eighth < seconds - 0.1; index++) {
    const start = Math.round(index * eighth * sampleRate);
    const isKick = index % 4 === 0;
    const isSnare = index % 4 === 2;
    for (let n = 0; n < Math.min(0.3 * sampleRate, y.length - start); n++) {
      const t = n / sampleRate;
      y[start + n] += (index % 2 === 0 ? 0.1 : 0.05) * hiss[n] * Math.exp(-80 * t);
      if (isKick)
        y[start + n] += 0.6 * Math.sin(2 * Math.PI * (60 * t + 4 * (1 - Math.exp(-30 * t)))) * Math.exp(-15 * t);
      if (isSnare) y[start + n] += 0.3 * (hiss[n + 1000] + Math.sin(2 * Math.PI * 190 * t)) * Math.exp(-25 * t);
    }
  }
  return y;
}
