/** The synthesised recordings that golden results are kept of. */
import { drums } from "../agents/rhythm-signals.ts";
import { progression } from "../agents/tonal-signals.ts";
import { noise } from "../fixtures/signals.ts";

export interface GoldenSignal {
  readonly name: string;
  readonly sampleRate: number;
  /** `[channel][sample]`, computed anew on each call. */
  make(): Float32Array[];
}

const TWO_PI = 2 * Math.PI;

/** Harmonics falling by 6 dB an octave under a decay, one note after the other. */
function melody(midiNotes: readonly number[], noteSeconds: number, sampleRate: number): Float32Array {
  const length = Math.round(noteSeconds * sampleRate);
  const y = new Float32Array(midiNotes.length * length);
  midiNotes.forEach((note, index) => {
    const hz = 440 * 2 ** ((note - 69) / 12);
    for (let n = 0; n < length; n++) {
      const t = n / sampleRate;
      let sample = 0;
      for (let harmonic = 1; harmonic <= 8; harmonic++) sample += Math.sin(TWO_PI * harmonic * hz * t) / harmonic;
      y[index * length + n] = 0.2 * sample * Math.exp(-3 * t) * Math.min(1, t / 0.005);
    }
  });
  return y;
}

export const GOLDEN_SIGNALS: readonly GoldenSignal[] = [
  {
    name: "drums at 112 BPM, stereo, 44.1 kHz",
    sampleRate: 44_100,
    make() {
      const y = drums(112, 10, 44_100);
      return [y, y.map((value) => 0.8 * value)];
    },
  },
  {
    name: "melody in eighth notes at 100 BPM over noise, mono, 48 kHz",
    sampleRate: 48_000,
    make() {
      const y = melody([60, 64, 67, 72, 71, 67, 65, 62, 60, 64, 67, 72, 74, 72, 67, 64, 65, 69, 72, 69], 0.3, 48_000);
      const hiss = noise(y.length, 3, 0.002);
      return [y.map((value, n) => value + hiss[n])];
    },
  },
  {
    name: "noise that fades into silence, mono, 22.05 kHz",
    sampleRate: 22_050,
    make: () => [noise(5 * 22_050, 9, 0.5).map((value, n) => value * Math.max(0, 1 - n / (4 * 22_050)) ** 2)],
  },
  {
    name: "chords in B flat major, 20 cents flat, stereo, 32 kHz",
    sampleRate: 32_000,
    make() {
      const y = progression(["Bb:maj", "G:min", "Eb:maj", "F:maj", "Bb:maj", "F:maj", "Bb:maj"], 1.2, 32_000, -20);
      return [y, y.map((value) => 0.5 * value)];
    },
  },
];
