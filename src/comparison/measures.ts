/**
 * What two recordings are compared by, and the step of each measure by which differences are ranked. Where hearing has been
 * measured the step is about what is just noticed: level and band levels 1 dB (Moore, "An Introduction to the Psychology of
 * Hearing", 6th ed., 2012, chapter 4), tempo 2 % (1.5 to 3: Drake & Botte, "Tempo sensitivity in auditory sequences", Perception &
 * Psychophysics 54, 1993), pitch 5 cents (Zwicker & Fastl, "Psychoacoustics", 2nd ed., 1999, chapter 7). The others (ranges and
 * crest 2 dB, brightness 10 %, duration 10 %, width 0.05) are conventions of the same order.
 */

/** Where a value stands: an agent, and the fields that lead to it. */
export interface Measure {
  readonly name: string;
  readonly agent: string;
  readonly path: readonly string[];
  /** `difference`: in the unit; `ratio`: in percent. */
  readonly scale: "difference" | "ratio";
  readonly unit: string;
  /** In the unit, or percent. */
  readonly step: number;
  readonly decimals: number;
  /** Said of the one with the greater value, and of the other. */
  readonly more: string;
  readonly less: string;
  /** Values below count as this one: there is nothing left to hear. */
  readonly floor?: number;
}

const BANDS = ["sub", "bass", "low_mid", "mid", "high_mid", "presence", "brilliance", "air"];
const INAUDIBLE_BAND_DB = -60;

const measure = (
  name: string,
  agent: string,
  [scale, unit, step, decimals]: readonly [Measure["scale"], string, number, number],
  [more, less]: readonly [string, string],
  path: readonly string[] = [name],
): Measure => ({ name, agent, path, scale, unit, step, decimals, more, less });

export const MEASURES: readonly Measure[] = [
  measure("integrated_lufs", "loudness", ["difference", "LU", 1, 1], ["louder", "quieter"]),
  measure("loudness_range_lu", "loudness", ["difference", "LU", 2, 1], ["more loudness range", "less loudness range"]),
  measure("true_peak_dbtp", "loudness", ["difference", "dB", 1, 1], ["more true peak", "less true peak"]),
  measure("crest_factor_db", "temporal", ["difference", "dB", 2, 1], ["more crest", "less crest"]),
  measure("tempo_bpm", "rhythm", ["ratio", "%", 2, 1], ["faster", "slower"]),
  measure("tuning_cents", "tonal", ["difference", "cents", 5, 0], ["sharper", "flatter"]),
  measure("brightness_hz", "spectral", ["ratio", "%", 10, 0], ["brighter", "darker"], ["centroid_hz", "mean"]),
  ...BANDS.map((band) => ({
    ...measure(
      `${band}_db`,
      "timbre",
      ["difference", "dB", 1, 1],
      [`more ${band.replace("_", " ")}`, `less ${band.replace("_", " ")}`],
      ["band_levels_db", band],
    ),
    floor: INAUDIBLE_BAND_DB,
  })),
  measure("width", "quality", ["difference", "", 0.05, 2], ["wider", "narrower"]),
  measure("duration_seconds", "temporal", ["ratio", "%", 10, 0], ["longer", "shorter"]),
];
