/** What the chords of a recording say about its key. */
import { KEYS } from "../dsp/keys.ts";

/**
 * How often triads are heard, `[semitones of the root above the tonic]`, of major and of minor chords: in major keys in the
 * order of de Clercq & Temperley, "A corpus analysis of rock harmony", Popular Music 30(1), 2011, in minor keys natural
 * minor with some dominants. Set by hand, not fitted; rare ones are kept above zero, since chords are mistaken.
 */
const DEGREES = {
  major: {
    major: [0.34, 0.002, 0.03, 0.005, 0.015, 0.2, 0.002, 0.2, 0.01, 0.02, 0.05, 0.003],
    minor: [0.01, 0.002, 0.05, 0.002, 0.035, 0.01, 0.002, 0.012, 0.002, 0.11, 0.002, 0.004],
  },
  minor: {
    major: [0.015, 0.01, 0.01, 0.1, 0.005, 0.02, 0.003, 0.08, 0.12, 0.003, 0.11, 0.003],
    minor: [0.34, 0.002, 0.012, 0.005, 0.003, 0.11, 0.002, 0.06, 0.004, 0.003, 0.01, 0.003],
  },
};

/**
 * The mean log-likelihood of the chords in each of the `KEYS` keys (dsp/keys.ts), less the greatest: at most 0, and all 0
 * without chords. `seconds` is how long each of the 24 triads sounds, C major to B major, then C minor to B minor. After
 * Rocher, Robine, Hanna & Oudre, "Concurrent estimation of chords and keys from audio", ISMIR, 2010, without their order.
 */
export function keyFitOfChords(seconds: ArrayLike<number>): Float64Array {
  const fits = new Float64Array(KEYS);
  let total = 0;
  for (let chord = 0; chord < KEYS; chord++) total += seconds[chord];
  if (total === 0) return fits;
  for (let key = 0; key < KEYS; key++) {
    const { major, minor } = key < 12 ? DEGREES.major : DEGREES.minor;
    for (let chord = 0; chord < KEYS; chord++) {
      const degree = (chord - key + KEYS) % 12;
      fits[key] += (seconds[chord] / total) * Math.log((chord < 12 ? major : minor)[degree]);
    }
  }
  const greatest = Math.max(...fits);
  return fits.map((fit) => fit - greatest);
}
