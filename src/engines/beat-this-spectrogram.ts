/** The input of Beat This: 50 frames a second of 128 compressed mel bands. */
import { openFilterBank } from "../dsp/filter-bank.ts";
import { joined } from "../dsp/joined.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { melFilters } from "../dsp/mel-filter-bank.ts";
import { FRAMES_PER_CHUNK, openPowerSpectrogram } from "../dsp/power-spectrogram.ts";

const SAMPLE_RATE = 22_050;
const N_FFT = 1024;
const HOP = 441;
export const BEAT_THIS_BANDS = 128;
const RANGE_HZ = { min: 30, max: 11_000 };
const GAIN = 1000;
/** The signal is mirrored over half a frame at both ends. */
const MIRRORED = N_FFT / 2;
/** Whole hops that hold the mirrored start; the frames of what stands before the signal are dropped. */
const LEAD_FRAMES = Math.ceil(MIRRORED / HOP);

export interface BeatThisSpectrogram {
  /** Takes samples at 22.05 kHz; gives the rows that are complete, `[frame][band]` flat. */
  push(samples: Float32Array): Float32Array;
  /** The rest: 1 + floor(n / 441) frames in all. */
  end(): Float32Array;
}

/**
 * ln(1 + 1000 · m) of triangular mel bands (Slaney's scale, peaks of 1) from 30 Hz to 11 kHz, m the magnitude of frames of 46 ms under a
 * periodic Hann window divided by √1024; frame t is centred on t / 50 s, and beyond its ends the signal is mirrored. A signal of
 * no more than 512 samples has no frames: there is too little to mirror.
 */
export function openBeatThisSpectrogram(): BeatThisSpectrogram {
  const spectrogram = openPowerSpectrogram(N_FFT, HOP);
  const kernel = openKernel();
  const bins = N_FFT / 2 + 1;
  const filters = melFilters(SAMPLE_RATE, N_FFT, BEAT_THIS_BANDS, RANGE_HZ.min, RANGE_HZ.max, "peak");
  const bank = openFilterBank(kernel, filters, bins, FRAMES_PER_CHUNK);
  const scale = 1 / Math.sqrt(N_FFT);
  /** The beginning, until there is enough to mirror; then the last samples, for the end. */
  let kept = new Float32Array(0);
  let isBegun = false;
  let sampleCount = 0;
  let skipped = 0;
  let given = 0;
  let rows: Float32Array[] = [];

  function take(power: Float32Array, frames: number): void {
    for (let n = 0; n < frames * bins; n++) bank.rows[n] = scale * Math.sqrt(power[n]);
    bank.apply(frames);
    kernel.functions.logCompress(bank.bands.byteOffset, frames * BEAT_THIS_BANDS, GAIN);
    const skip = Math.min(frames, LEAD_FRAMES - skipped);
    skipped += skip;
    rows.push(bank.bands.slice(skip * BEAT_THIS_BANDS, frames * BEAT_THIS_BANDS));
  }

  /** What has come of it, up to a number of frames in all. */
  function release(limit: number): Float32Array {
    const whole = joined(rows);
    rows = [];
    const frames = Math.max(0, Math.min(whole.length / BEAT_THIS_BANDS, limit - given));
    given += frames;
    return whole.subarray(0, frames * BEAT_THIS_BANDS);
  }

  return {
    push(samples) {
      sampleCount += samples.length;
      const all = joined([kept, samples]);
      if (isBegun) spectrogram.push(samples, samples.length, take);
      else if (all.length > MIRRORED) {
        const lead = new Float32Array(LEAD_FRAMES * HOP);
        for (let n = 1; n <= MIRRORED; n++) lead[lead.length - n] = all[n];
        spectrogram.push(lead, lead.length, take);
        spectrogram.push(all, all.length, take);
        isBegun = true;
      }
      kept = isBegun ? all.slice(-(MIRRORED + 1)) : all;
      return release(Number.POSITIVE_INFINITY);
    },
    end() {
      if (!isBegun) return new Float32Array(0);
      const mirrored = kept.slice(0, MIRRORED).reverse();
      spectrogram.push(mirrored, mirrored.length, take);
      spectrogram.end(take);
      return release(1 + Math.floor(sampleCount / HOP));
    },
  };
}
