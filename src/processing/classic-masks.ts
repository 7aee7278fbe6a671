/** Soft masks of drums, bass and vocals from what signals look like, without a model; what they leave is the rest. */
import { runningMedian } from "../dsp/running-median.ts";
import type { Spectrogram } from "../dsp/stft.ts";
import { harmonicWeight, leadPitch } from "./lead-pitch.ts";

/** Values that the medians look at, along time and along frequency. Fitzgerald takes 17 of each. */
const MEDIAN_WIDTH = 17;
/** The bass ends between these, Hz. */
const CROSSOVER_HZ = [180, 220] as const;
/** The lead is looked for above, Hz: full weight from the second on. */
const LEAD_HZ = [150, 300] as const;
/** Exponents of the similarity of the channels: strict to find the lead, mild to take it, because reverberation is wide. */
const FINDING_POWER = 4;
const TAKING_POWER = 0.6;
/** Of what is centred but not on the lead's harmonics, this share is taken: breath, consonants, doubled voices. */
const OFF_HARMONIC_SHARE = 0.2;
const NEGLIGIBLE = 1e-20;
/** Of about 12 ms. */
const MEDIANS_PER_PIECE = 700;

/** `[frame][bin]` in one row, in [0, 1]; the three add up to at most 1. */
export interface ClassicMasks {
  readonly vocals: Float32Array;
  readonly drums: Float32Array;
  readonly bass: Float32Array;
}

/**
 * The masks of one or two channels' spectra, in pieces of work, between which it pauses. Drums: cells that belong to a ridge along frequency rather than along time, by
 * medians and a Wiener mask (Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010). Of what
 * sustains, the bass is what lies below 200 Hz, and the vocals are what lies on the harmonics of the lead and is alike in
 * both channels (Avendano & Jot, "A frequency-domain approach to multichannel upmix", JAES 52(7/8), 2004, equation 7).
 * Where there is one channel everything is centred.
 */
export async function classicMasks(
  channels: readonly Spectrogram[],
  binHz: number,
  pause: () => Promise<void>,
): Promise<ClassicMasks> {
  const { frames, bins } = channels[0];
  const magnitude = meanMagnitude(channels);
  await pause();
  const drums = await percussiveMask(magnitude, frames, bins, pause);
  await pause();
  const similarity = channelSimilarity(channels);
  const [above, lead] = [CROSSOVER_HZ, LEAD_HZ].map((edges) =>
    Float32Array.from({ length: bins }, (_, bin) => logarithmicRamp(bin * binHz, edges)),
  );
  await pause();
  const centred = magnitude.map(
    (value, cell) => value * (1 - drums[cell]) * similarity[cell] ** FINDING_POWER * lead[cell % bins],
  );
  await pause();
  const f0Hz = leadPitch({ values: centred, frames, bins, binHz });
  await pause();
  const vocals = new Float32Array(frames * bins);
  const bass = new Float32Array(frames * bins);
  for (let frame = 0, cell = 0; frame < frames; frame++) {
    for (let bin = 0; bin < bins; bin++, cell++) {
      const sustained = 1 - drums[cell];
      bass[cell] = sustained * (1 - above[bin]);
      if (above[bin] === 0 || similarity[cell] === 0) continue;
      const onHarmonics = harmonicWeight(bin * binHz, f0Hz[frame], binHz);
      const taken =
        onHarmonics * similarity[cell] ** TAKING_POWER +
        (1 - onHarmonics) * OFF_HARMONIC_SHARE * similarity[cell] ** FINDING_POWER;
      vocals[cell] = sustained * above[bin] * taken;
    }
  }
  return { vocals, drums, bass };
}

/** The root of the mean power of the channels. */
function meanMagnitude(channels: readonly Spectrogram[]): Float32Array {
  return channels[0].real.map((_, cell) => {
    let power = 0;
    for (const { real, imaginary } of channels) power += real[cell] ** 2 + imaginary[cell] ** 2;
    return Math.sqrt(power / channels.length);
  });
}

async function percussiveMask(
  magnitude: Float32Array,
  frames: number,
  bins: number,
  pause: () => Promise<void>,
): Promise<Float32Array> {
  const alongTime = new Float32Array(magnitude.length);
  const mask = new Float32Array(magnitude.length);
  for (let bin = 0; bin < bins; bin++) {
    runningMedian(magnitude, alongTime, { offset: bin, stride: bins, count: frames }, MEDIAN_WIDTH);
    if (bin % MEDIANS_PER_PIECE === 0) await pause();
  }
  for (let frame = 0; frame < frames; frame++) {
    runningMedian(magnitude, mask, { offset: frame * bins, stride: 1, count: bins }, MEDIAN_WIDTH);
  }
  await pause();
  for (let cell = 0; cell < mask.length; cell++) {
    const [percussive, harmonic] = [mask[cell] ** 2, alongTime[cell] ** 2];
    mask[cell] = percussive / (percussive + harmonic + NEGLIGIBLE);
  }
  return mask;
}

/** 2 Re(L R*) / (|L|² + |R|²), negative values as 0: 1 where both channels are the same, 0 where one is silent. */
function channelSimilarity(channels: readonly Spectrogram[]): Float32Array {
  const [left, right] = channels;
  if (right === undefined) return new Float32Array(left.real.length).fill(1);
  return left.real.map((real, cell) => {
    const common = real * right.real[cell] + left.imaginary[cell] * right.imaginary[cell];
    const power = real ** 2 + left.imaginary[cell] ** 2 + right.real[cell] ** 2 + right.imaginary[cell] ** 2;
    return Math.max(0, Math.min(1, (2 * common) / (power + NEGLIGIBLE)));
  });
}

/** 0 up to the first frequency, 1 from the second on. */
function logarithmicRamp(hz: number, [low, high]: readonly [number, number]): number {
  if (hz <= low) return 0;
  return Math.min(1, Math.log(hz / low) / Math.log(high / low));
}
