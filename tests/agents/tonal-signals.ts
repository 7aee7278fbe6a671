/** Chords with known keys, for tests and golden files. */

const TWO_PI = 2 * Math.PI;
const NATURALS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** The pitch class of a root in Harte's syntax, 0 for C. */
export function pitchClassOf(root: string): number {
  const accidentals = [...root.slice(1)].reduce((sum, sign) => sum + (sign === "#" ? 1 : -1), 0);
  return (NATURALS[root[0]] + accidentals + 12) % 12;
}

/** Notes, MIDI, of a triad around middle C with its root two octaves lower: "C:maj", "F#:min". */
function triadNotes(label: string): number[] {
  const [root, quality] = label.split(":");
  const pitchClass = pitchClassOf(root);
  const above = [0, quality === "min" ? 3 : 4, 7].map((step) => 60 + ((pitchClass + step) % 12));
  return [36 + pitchClass, ...above];
}

/** Decaying tones of eight harmonics, one chord after the other, tuned `cents` from A4 = 440 Hz; each chord is struck twice. */
export function progression(labels: readonly string[], chordSeconds: number, rate: number, cents = 0): Float32Array {
  const length = Math.round(chordSeconds * rate);
  const y = new Float32Array(labels.length * length);
  labels.forEach((label, index) => {
    for (const note of triadNotes(label)) {
      const hz = 440 * 2 ** ((note - 69 + cents / 100) / 12);
      for (let n = 0; n < length; n++) {
        const t = (n % (length / 2)) / rate;
        let sample = 0;
        for (let harmonic = 1; harmonic <= 8; harmonic++)
          sample += Math.sin(TWO_PI * harmonic * hz * t) / harmonic ** 1.5;
        y[index * length + n] += 0.06 * sample * Math.exp(-1.5 * t) * Math.min(1, t / 0.005);
      }
    }
  });
  return y;
}

/** A four-chord loop, transposed by semitones. */
export function transposed(labels: readonly string[], semitones: number): string[] {
  const names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
  return labels.map((label) => {
    const [root, quality] = label.split(":");
    return `${names[(pitchClassOf(root) + semitones) % 12]}:${quality}`;
  });
}
