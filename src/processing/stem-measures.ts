/** What is measured of finished stems: levels, shares, how much they share cells, and what they leave of the mixture. */
import { loudness } from "../agents/loudness.ts";
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { openStft } from "../dsp/stft.ts";
import { openExtraction } from "../features/extraction.ts";

const N_FFT = 2048;
const HOP = 1024;
/** Below the noise of any sample format: nothing is left. */
const LEAST_DB = -200;

export interface StemMeasures {
  readonly integratedLufs: number | null;
  readonly truePeakDbtp: number | null;
  /** Root mean square over all channels; null for silence. */
  readonly rmsDbfs: number | null;
  /** Of the energy of all stems together, in [0, 1]; null when all are silent. */
  readonly energyShare: number | null;
  /**
   * The mean, weighted with the stem's power S_i, of 1 - S_i / Σ S_j over the cells of a spectrogram (Hann, 2048 samples, half
   * overlapped, of the sum of the channels): how much of the stem lies where others are as strong, and so may be theirs. 0 for stems
   * that share no cell, 0.75 for four that are alike; null for silence. It looks at the stems only: sound that went
   * wholly into the wrong stem is not seen.
   */
  readonly bleedEstimate: number | null;
}

export interface StemMeter {
  /** As many samples of each stem as of the mixture, all of the format. */
  push(mixture: AudioBlock, stems: readonly AudioBlock[]): void;
  finish(): {
    readonly stems: readonly StemMeasures[];
    /** Energy of the mixture less the sum of the stems against that of the mixture, dB, at least -200; null for a silent mixture. */
    readonly residualDb: number | null;
  };
}

/** Opens the measurement of so many stems in step with their mixture. */
export function openStemMeter(format: AudioFormat, count: number): StemMeter {
  const extractions = Array.from({ length: count }, () => openExtraction(format, loudness.needs));
  const overlap = openOverlap(count);
  const energies = new Float64Array(count);
  let [mixtureEnergy, residualEnergy, samples] = [0, 0, 0];
  return {
    push(mixture, stems) {
      for (const [stem, block] of stems.entries()) {
        extractions[stem].push(block);
        energies[stem] += energyOf(block);
      }
      mixtureEnergy += energyOf(mixture);
      residualEnergy += residualOf(mixture, stems);
      overlap.push(stems);
      samples += mixture.length;
    },
    finish() {
      const total = energies.reduce((sum, energy) => sum + energy, 0);
      const overlaps = overlap.finish();
      return {
        stems: extractions.map((extraction, stem) => {
          const result = loudness.analyse(extraction.finish(), loudness.parameters.parse({}));
          return {
            integratedLufs: result.integrated_lufs,
            truePeakDbtp: result.true_peak_dbtp,
            rmsDbfs: decibels(energies[stem] / (samples * format.channels)),
            energyShare: total > 0 ? energies[stem] / total : null,
            bleedEstimate: overlaps[stem],
          };
        }),
        residualDb: mixtureEnergy > 0 ? Math.max(LEAST_DB, decibels(residualEnergy / mixtureEnergy) ?? LEAST_DB) : null,
      };
    },
  };
}

/** Frames of the sum of the stems' channels, as samples come. */
function openOverlap(count: number) {
  const stft = openStft(N_FFT, HOP);
  const waiting = Array.from({ length: count }, () => new Float32Array(2 * N_FFT));
  const shared = new Float64Array(count);
  const whole = new Float64Array(count);
  let filled = 0;

  function measureFrame(): void {
    const spectra = waiting.map((y) => stft.analyse(y.subarray(0, N_FFT), 1));
    const powers = new Float64Array(count);
    for (let bin = 0; bin < stft.bins; bin++) {
      let sum = 0;
      for (let stem = 0; stem < count; stem++) {
        powers[stem] = spectra[stem].real[bin] ** 2 + spectra[stem].imaginary[bin] ** 2;
        sum += powers[stem];
      }
      if (sum === 0) continue;
      for (let stem = 0; stem < count; stem++) {
        shared[stem] += powers[stem] * (1 - powers[stem] / sum);
        whole[stem] += powers[stem];
      }
    }
  }

  return {
    push(stems: readonly AudioBlock[]): void {
      const { length } = stems[0];
      for (let taken = 0; taken < length; ) {
        const room = Math.min(length - taken, N_FFT - filled);
        for (let stem = 0; stem < count; stem++) {
          const target = waiting[stem].subarray(filled, filled + room).fill(0);
          for (const samples of stems[stem].channels) for (let n = 0; n < room; n++) target[n] += samples[taken + n];
        }
        taken += room;
        filled += room;
        if (filled < N_FFT) continue;
        measureFrame();
        for (const y of waiting) y.copyWithin(0, HOP, N_FFT);
        filled = N_FFT - HOP;
      }
    },
    finish(): readonly (number | null)[] {
      for (const y of waiting) y.fill(0, filled);
      measureFrame();
      return [...whole].map((power, stem) => (power > 0 ? shared[stem] / power : null));
    },
  };
}

/** The energy of the mixture less the sum of its stems. */
function residualOf(mixture: AudioBlock, stems: readonly AudioBlock[]): number {
  let energy = 0;
  for (const [channel, samples] of mixture.channels.entries()) {
    const rest = Float64Array.from(samples.subarray(0, mixture.length));
    for (const { channels } of stems) {
      const stem = channels[channel];
      for (let n = 0; n < rest.length; n++) rest[n] -= stem[n];
    }
    for (const value of rest) energy += value * value;
  }
  return energy;
}

function energyOf({ channels, length }: AudioBlock): number {
  let sum = 0;
  for (const samples of channels) for (let n = 0; n < length; n++) sum += samples[n] ** 2;
  return sum;
}

function decibels(power: number): number | null {
  return power > 0 ? 10 * Math.log10(power) : null;
}
