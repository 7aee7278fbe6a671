/** Mains hum: lines at multiples of 50 or 60 Hz that never stop. */
import { median, percentile } from "./statistics.ts";

const MAINS_HZ = [50, 60];
const HARMONICS = 6;
/** A line counts when it stands this far above the level around it in the quieter frames. */
const MIN_PROMINENCE_DB = 12;
const MIN_LINES = 3;
/** How far a line may be from its place, Hz: the grid keeps within 0.2 Hz; G1, the nearest note to 50 Hz, is 1 Hz off. */
const TOLERANCE_HZ = 0.5;
/** A share of frames this low is quiet, percent: what stands there stands throughout. */
const QUIET_PERCENT = 20;
const MIN_FRAMES = 6;
const NEIGHBOURHOOD_HZ = 22;
const CLEARANCE_HZ = 9;

export interface Hum {
  readonly hz: number;
  /** The strongest line in the quieter frames, as a ratio of the power of 0 dBFS. */
  readonly power: number;
}

/**
 * Finds hum in the powers of frames `[frame][bin]`, flat, `bins` a frame, from 0 Hz on: at least three of the first six
 * multiples of 50 or 60 Hz, the first or second among them, stand 12 dB above their surroundings in the frames' 20th percentile.
 * Null when there is none, or fewer than 6 frames that sound. `fullScale` is the power of 0 dBFS.
 */
export function findHum(power: Float32Array, bins: number, binHz: number, fullScale: number): Hum | null {
  const quiet = quietSpectrum(power, bins);
  if (quiet === null) return null;
  const db = quiet.map((value) => 10 * Math.log10(Math.max(value / fullScale, 1e-20)));
  for (const hz of MAINS_HZ) {
    const lines = Array.from({ length: HARMONICS }, (_, index) => ({
      harmonic: index + 1,
      line: lineNear(db, (index + 1) * hz, binHz),
    })).filter(({ line }) => line !== null);
    if (lines.length >= MIN_LINES && lines[0].harmonic <= 2) {
      return { hz, power: 10 ** (Math.max(...lines.map(({ line }) => line ?? 0)) / 10) };
    }
  }
  return null;
}

/** `[bin]`: the 20th percentile over the frames that are not digital silence; null for too few of them. */
function quietSpectrum(power: Float32Array, bins: number): Float64Array | null {
  const starts: number[] = [];
  for (let start = 0; start < power.length; start += bins) {
    if (power.subarray(start, start + bins).some((value) => value > 0)) starts.push(start);
  }
  if (starts.length < MIN_FRAMES) return null;
  return Float64Array.from({ length: bins }, (_, bin) =>
    percentile(
      starts.map((start) => power[start + bin]),
      QUIET_PERCENT,
    ),
  );
}

/** The level of a line at a frequency, dB; null where none stands out there. */
function lineNear(db: Float64Array, hz: number, binHz: number): number | null {
  const centre = Math.round(hz / binHz);
  let peak = centre;
  for (const bin of [centre - 1, centre + 1]) if (db[bin] > db[peak]) peak = bin;
  const [left, top, right] = [db[peak - 1], db[peak], db[peak + 1]];
  const curvature = left - 2 * top + right;
  if (!(curvature < 0)) return null;
  const offset = (left - right) / (2 * curvature);
  const peakHz = (peak + offset) * binHz;
  if (Math.abs(peakHz - hz) > TOLERANCE_HZ) return null;
  const around = db.filter((_, bin) => {
    const distance = Math.abs(bin * binHz - hz);
    return distance >= CLEARANCE_HZ && distance <= NEIGHBOURHOOD_HZ;
  });
  return top - median(around) >= MIN_PROMINENCE_DB ? top - (curvature * offset * offset) / 2 : null;
}
