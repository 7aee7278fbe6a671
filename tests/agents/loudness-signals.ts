/** The signals of EBU Tech 3341 and 3342, which are sines that change level. */

/** A stretch: level of the peak in dBFS, null for silence, and its length in seconds. */
export type Stretch = readonly [dbfs: number | null, seconds: number];

/** A sine whose level follows the stretches, its phase running on. */
export function tones(stretches: readonly Stretch[], sampleRate: number, frequencyHz = 1000): Float32Array {
  const ends: number[] = [];
  let seconds = 0;
  for (const [, length] of stretches) {
    seconds += length;
    ends.push(Math.round(seconds * sampleRate));
  }
  let stretch = 0;
  return Float32Array.from({ length: ends[ends.length - 1] }, (_, n) => {
    while (n >= ends[stretch]) stretch++;
    const dbfs = stretches[stretch][0];
    const amplitude = dbfs === null ? 0 : 10 ** (dbfs / 20);
    return amplitude * Math.sin((2 * Math.PI * frequencyHz * n) / sampleRate);
  });
}

/** The stretches over and over. */
export function repeated(stretches: readonly Stretch[], times: number): Stretch[] {
  return Array.from({ length: times }, () => stretches).flat();
}

/**
 * One second of a sine of so many samples a period, faded in and out over 10 ms as in cases 15 to 19 of Tech 3341: a sudden
 * beginning would be a peak of its own.
 */
export function fadedSine(period: number, degrees: number, amplitude: number, sampleRate: number): Float32Array {
  const fade = sampleRate / 100;
  const phase = (degrees * Math.PI) / 180;
  return Float32Array.from({ length: sampleRate }, (_, n) => {
    const gain = Math.min(1, n / fade, (sampleRate - 1 - n) / fade);
    return gain * amplitude * Math.sin((2 * Math.PI * n) / period + phase);
  });
}
