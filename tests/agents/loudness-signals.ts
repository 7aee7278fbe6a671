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

/**
 * A second of a tone of a sixth of the rate with a band-limited peak of exactly 1 in its middle, as made at four times the rate
 * and taken at every fourth sample from an offset of 0 to 3 on, like cases 20 to 23 of Tech 3341: for offsets 1 to 3 the peak
 * lies between samples.
 */
export function peakBetweenSamples(offset: number, sampleRate: number): Float32Array {
  const middle = 4 * Math.round(sampleRate / 2);
  return Float32Array.from({ length: sampleRate }, (_, n) => {
    const time = (4 * n + offset - middle) / 4;
    const fade = Math.min(1, n / (sampleRate / 100), (sampleRate - 1 - n) / (sampleRate / 100));
    return 0.25 * fade * Math.cos((Math.PI * time) / 3) + 0.75 * bandLimitedPulse(time);
  });
}

/** 1 at time 0 (in samples), with a band up to a third of the rate: a sinc under a Hann window of 64 samples. */
function bandLimitedPulse(time: number): number {
  if (Math.abs(time) >= 32) return 0;
  const x = (2 * Math.PI * time) / 3;
  return (x === 0 ? 1 : Math.sin(x) / x) * (0.5 + 0.5 * Math.cos((Math.PI * time) / 32));
}
