/** The frequency at which a spectrum breaks off. */
import { median } from "./statistics.ts";

/** The stretches compared on both sides of an edge, Hz from it: a coder's filter falls within the gap between them. */
const NEAR_HZ = 100;
const FAR_HZ = 700;
const MIN_DROP_DB = 20;
/** Edges higher than this share of the band are those of the converter. */
const HIGHEST_SHARE = 0.91;
const LOWEST_HZ = 3000;
/** Files of under 32 kHz are low-passed anyway, which says nothing. */
const MIN_BAND_HZ = 16_000;
const STEP_HZ = 50;
const FLOOR_DB = -140;
/** Drops this near to the steepest count as the same. */
const PLATEAU_DB = 3;

/**
 * The frequency, Hz, above which a mean power spectrum `[bin]` is at least 20 dB lower than just below it and stays so to the
 * end of the band; null when it breaks off nowhere from 3 kHz to 0.91 of the band, and for bands that end below 16 kHz. Medians over 600 Hz on both sides, so that
 * single lines do not count. `fullScale` is the power of 0 dBFS. A lossy coder's low pass and a conversion from a lower rate
 * look like this; the roll-off of instruments and rooms does not.
 */
export function bandEdgeHz(power: Float64Array, binHz: number, fullScale: number): number | null {
  const db = power.map((value) => Math.max(FLOOR_DB, 10 * Math.log10(value / fullScale)));
  const level = (fromHz: number, toHz: number) =>
    median(db.subarray(Math.round(fromHz / binHz), Math.round(toHz / binHz)));
  const endHz = (power.length - 1) * binHz;
  if (endHz < MIN_BAND_HZ) return null;
  const lastHz = Math.min(HIGHEST_SHARE * endHz, endHz - FAR_HZ);
  // Each stretch is above one place and below another, if the distance between them is a whole number of steps.
  const levels = new Map<number, number>();
  const levelFrom = (hz: number) => {
    const known = levels.get(hz) ?? level(hz, hz + FAR_HZ - NEAR_HZ);
    levels.set(hz, known);
    return known;
  };
  const drops: { hz: number; db: number }[] = [];
  for (let hz = LOWEST_HZ; hz <= lastHz; hz += STEP_HZ) {
    drops.push({ hz, db: levelFrom(hz - FAR_HZ) - levelFrom(hz + NEAR_HZ) });
  }
  const steepest = drops.reduce((best, drop) => (drop.db > best.db ? drop : best));
  if (steepest.db < MIN_DROP_DB) return null;
  const below = level(steepest.hz - FAR_HZ, steepest.hz - NEAR_HZ);
  for (let hz = steepest.hz + FAR_HZ; hz + FAR_HZ <= endHz; hz += FAR_HZ) {
    if (level(hz, hz + FAR_HZ) > below - MIN_DROP_DB) return null;
  }
  // A sharp edge gives the same drop from everywhere within the stretches' reach: it is in the middle of these places.
  const places = drops.filter(({ hz, db }) => Math.abs(hz - steepest.hz) <= FAR_HZ && db >= steepest.db - PLATEAU_DB);
  return Math.round((places[0].hz + places[places.length - 1].hz) / 2);
}
