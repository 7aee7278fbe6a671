/**
 * Which of three kinds of sound a window is most like: multinomial logistic regression on twelve values and their squares.
 *
 * Fitted on 26,000 windows of 411 recordings by maximum likelihood (ridge 0.003), kinds, groups and recordings weighted alike: 8
 * read sentences and 8 in as many languages, spoken digits, 60 passages by a speech synthesiser with 28 languages and 15 voices, all of these
 * also through a telephone band, reverberation and noise; 98 pieces of music of many kinds, 40 accompaniments, 20 imitations of singing, half
 * of them accompanied; coloured and modulated noise, tones, sweeps, clicks and hum; speech over music at 20, 10 and -10 dB. No real singing.
 */

export const KINDS = ["speech", "music", "other"] as const;
export type Kind = (typeof KINDS)[number];

/** Mean and standard deviation over the recordings fitted to, in the order of the window's values. */
const CENTRES = [0.412, 0.152, 13.8, -2.77, 0.634, 50.1, 0.312, 0.562, 4.79, 0.617, 6.62, 0.336];
const SCALES = [0.171, 0.172, 7.61, 1.13, 0.315, 26, 0.273, 0.372, 4.27, 0.395, 5.04, 0.295];
/** Values further out are taken as this many deviations. */
const LIMIT = 4;

const WEIGHTS = [
  {
    constant: 0.0299,
    linear: [0.417, 0.834, 0.139, 0.23, 0.0789, 0.735, -0.236, -0.435, -0.0531, 0.486, 0.5, 0.765],
    square: [0.00605, -0.234, -0.0669, 0.173, -0.238, 0.0979, -0.562, -0.318, -0.12, -0.113, -0.249, -0.301],
  },
  {
    constant: 3.05,
    linear: [-0.136, -0.87, 0.439, -0.0234, 0.45, -0.0515, 0.272, 0.671, 0.165, -0.111, -0.263, -0.721],
    square: [-0.0665, 0.129, -0.172, -0.356, -0.0313, -0.842, 0.196, -0.0284, 0.0706, -0.166, 0.067, 0.0997],
  },
  {
    constant: -3.08,
    linear: [-0.281, 0.0361, -0.578, -0.207, -0.529, -0.684, -0.0357, -0.236, -0.112, -0.375, -0.237, -0.0444],
    square: [0.0604, 0.105, 0.239, 0.183, 0.269, 0.744, 0.366, 0.347, 0.0494, 0.28, 0.182, 0.201],
  },
] as const;

/** The chance of each kind, in the order of `KINDS`, sum 1, of a window's values (speech-activity-features.ts). */
export function kindProbabilities(values: Float64Array): Float64Array {
  const scores = Float64Array.from(WEIGHTS, ({ constant, linear, square }) => {
    let score: number = constant;
    for (let index = 0; index < values.length; index++) {
      const z = Math.max(-LIMIT, Math.min(LIMIT, (values[index] - CENTRES[index]) / SCALES[index]));
      score += linear[index] * z + square[index] * (z * z - 1);
    }
    return score;
  });
  const greatest = Math.max(...scores);
  const chances = scores.map((score) => Math.exp(score - greatest));
  const sum = chances.reduce((total, chance) => total + chance, 0);
  return chances.map((chance) => chance / sum);
}
