/**
 * Mean and standard deviation of each value of a timbre descriptor, by which it is standardised, over 115 recordings of 3 s and
 * more: 77 rendered pieces of many genres, songs, drum tracks, strings, trumpet, and speech in eight languages. Changing one
 * raises DESCRIPTOR_VERSION.
 */

export const CENTRES: readonly number[] = [
  // MFCC 1 to 12: means, then standard deviations
  110, -0.5, 28, -0.6, 6, -3.8, 1.8, -6.2, -1.5, -5.9, -0.6, -3.6, 33, 22, 15.7, 13.3, 11.4, 10.1, 9.7, 9.4, 9, 9, 9, 9,
  // spectral contrast, dB
  20.5, 17.9, 21.2, 21.4, 22, 23,
  // centroid (mean, deviation) and rolloff in octaves re 1 Hz, flatness in decades, step of the MFCC
  10.66, 0.51, 11.6, -2.9, 21.6,
];

export const SCALES: readonly number[] = [
  39, 28, 15.5, 14.9, 13.9, 11.3, 10.7, 9, 9.5, 9, 6.8, 6.2, 17, 11.2, 9, 6.7, 6, 4.1, 3.4, 2.8, 2.7, 2.7, 3, 2.9, 4.3,
  2.9, 4, 4.4, 4.9, 6.1, 0.57, 0.25, 0.72, 1.13, 9.4,
];
