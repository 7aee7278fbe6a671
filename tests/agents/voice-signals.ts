/** Voice-like signals with a known fundamental frequency, for tests. */
import { noise } from "../fixtures/signals.ts";

export interface VoiceShape {
  /** Resonances, `[centre Hz, bandwidth Hz]`. */
  readonly formants?: readonly (readonly [number, number])[];
  /** Amplitude at a time in seconds. */
  readonly amplitude?: (seconds: number) => number;
  readonly snrDb?: number;
}

const OPEN_VOWEL = [
  [700, 110],
  [1220, 120],
  [2600, 160],
] as const;

/** Harmonics of `f0` (Hz at a time, 0 for none) shaped by formants, over white noise 20 dB below. */
export function voice(
  f0: (seconds: number) => number,
  seconds: number,
  rate: number,
  shape: VoiceShape = {},
): Float32Array {
  const { formants = OPEN_VOWEL, amplitude = () => 1, snrDb = 20 } = shape;
  const y = new Float32Array(Math.round(seconds * rate));
  let phase = 0;
  let energy = 0;
  for (let n = 0; n < y.length; n++) {
    const hz = f0(n / rate);
    if (hz <= 0) continue;
    phase += (2 * Math.PI * hz) / rate;
    let sample = 0;
    for (let harmonic = 1; harmonic * hz < 0.4 * rate; harmonic++) {
      let gain = 0.02;
      for (const [centre, width] of formants) gain += 1 / (1 + ((harmonic * hz - centre) / width) ** 2);
      sample += (gain * Math.sin(harmonic * phase + harmonic * harmonic)) / Math.sqrt(harmonic);
    }
    y[n] = 0.1 * amplitude(n / rate) * sample;
    energy += y[n] * y[n];
  }
  const hiss = noise(y.length, 11, Math.sqrt((3 * energy) / y.length) * 10 ** (-snrDb / 20));
  return y.map((value, n) => value + hiss[n]);
}

/** Notes of eight harmonics with an attack and a decay, MIDI numbers, one after the other, `gapSeconds` of silence after each. */
export function melody(midi: readonly number[], noteSeconds: number, gapSeconds: number, rate: number): Float32Array {
  const step = Math.round((noteSeconds + gapSeconds) * rate);
  const y = new Float32Array(midi.length * step);
  midi.forEach((note, index) => {
    const hz = 440 * 2 ** ((note - 69) / 12);
    for (let n = 0; n < noteSeconds * rate; n++) {
      const t = n / rate;
      const envelope = Math.min(1, t / 0.01, (noteSeconds - t) / 0.01) * Math.exp(-4 * t);
      for (let harmonic = 1; harmonic <= 8; harmonic++) {
        y[index * step + n] += (0.2 * envelope * Math.sin(2 * Math.PI * harmonic * hz * t)) / harmonic;
      }
    }
  });
  return y;
}
