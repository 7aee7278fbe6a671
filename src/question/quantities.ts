/** Spoken names of what is measured → the fields that measure it. Only what is named here can be contradicted. */
import type { Surroundings } from "./answer-text.ts";
import type { Dimension } from "./units.ts";

export interface Quantity {
  readonly name: string;
  readonly spoken: RegExp;
  readonly dimensions: readonly Dimension[];
  /** The fields that measure it: one that differs contradicts the claim. */
  readonly measured: RegExp;
  /** Further fields that support a claim of this name. */
  readonly also: RegExp | null;
  /** A name that is used for other things too: any field of the dimension supports it. */
  readonly isLoose: boolean;
}

const quantity = (
  name: string,
  spoken: RegExp,
  dimensions: readonly Dimension[],
  measured: RegExp,
  also: RegExp | null = null,
  isLoose = false,
): Quantity => ({
  name,
  spoken: new RegExp(spoken, "gi"),
  dimensions,
  measured,
  also,
  isLoose,
});

const NOTHING = /^(?!)/;
const LEVELS: readonly Dimension[] = ["lufs", "db", "dbfs"];

/** Particular names before general ones: the first that stands nearest to a number is what it measures. */
export const QUANTITIES: readonly Quantity[] = [
  quantity(
    "target",
    /\btargets?\b|\breference level\b/i,
    ["lufs", "dbtp"],
    NOTHING,
    /^target_lufs$|^true_peak_after|^detail$|^reason$/,
  ),
  quantity(
    "true peak after gain",
    /\b(?:after|would|post-gain|end up)\b/i,
    ["dbtp"],
    NOTHING,
    /^true_peak_after|^true_peak_dbtp$/,
  ),
  quantity(
    "true peak",
    /\btrue[- ]?peaks?\b|\binter-?sample\b/i,
    ["dbtp", "dbfs", "db"],
    /^true_peak_dbtp$/,
    /^true_peak_after/,
  ),
  quantity("time of the true peak", /\btrue[- ]peak\b/i, ["seconds"], NOTHING, /^true_peak_seconds$/, true),
  quantity("sample peak", /\b(?:sample )?peaks?\b/i, ["dbfs"], /^(?:sample_)?peak_dbfs$/, null),
  quantity("peak", /\bpeaks?\b/i, ["dbtp", "db"], NOTHING, /peak|max|gain/, true),
  quantity(
    "loudness range",
    /\bloudness range\b|\bLRA\b|\blautheitsbereich\b|\bplage de (?:sonie|loudness)\b|\b(?:dynamic )?range\b/i,
    ["lu"],
    /^loudness_range_lu$/,
  ),
  quantity(
    "highest momentary loudness",
    /\bmomentary (?:loudness )?(?:max\w*|peaks?)|\b(?:max\w*|peak|highest|loudest) momentary/i,
    ["lufs"],
    /^momentary_max_lufs$/,
  ),
  quantity(
    "highest short-term loudness",
    /\bshort[- ]term (?:loudness )?(?:max\w*|peaks?)|\b(?:max\w*|peak|highest|loudest) short[- ]term/i,
    ["lufs"],
    /^short_term_max_lufs$/,
  ),
  quantity("momentary loudness", /\bmomentary(?: loudness)?\b/i, ["lufs"], NOTHING, /momentary|^lufs/),
  quantity("short-term loudness", /\bshort[- ]term(?: loudness)?\b/i, ["lufs"], NOTHING, /short_term|^lufs/),
  quantity(
    "integrated loudness",
    /\bintegrated(?: loudness)?\b|\bintegrierten? lautheit\b|\b(?:overall|program(?:me)?) loudness\b|\bloudness overall\b/i,
    LEVELS,
    /^integrated_lufs$/,
  ),
  quantity(
    "loudness",
    /\bloudness\b|\bloud\b|\blautheit\b|\bsonie\b|\bsonoridad\b/i,
    ["lufs"],
    /^integrated_lufs$/,
    null,
    true,
  ),
  quantity("RMS level", /\bRMS\b/i, ["dbfs", "db"], /^rms_dbfs$/, /rms/),
  quantity("noise floor", /\bnoise[- ]floor\b/i, ["dbfs", "db"], /^noise_floor_dbfs$/),
  quantity("crest factor", /\bcrest\b/i, ["db"], /^crest_factor_db$/),
  quantity("dynamic range", /\bdynamic range\b/i, ["db"], /^dynamic_range_db$/),
  quantity("mono fold-down", /\bmono\b/i, ["db"], /^mono_fold_down_db$/),
  quantity("tempo curve", /\b(?:tempo )?curve\b|\bdrifts?\b/i, ["tempo"], NOTHING, /bpm/),
  quantity(
    "tempo",
    /\btempos?\b|\btempi\b|\bspeed\b|\bpulse\b|\bgeschwindigkeit\b|\bbeat\b/i,
    ["tempo"],
    /^tempo_bpm$/,
    /tempo|bpm/,
  ),
  quantity(
    "duration",
    /\bdurations?\b|\b(?:track|recording|file|song|clip|piece|audio|it) (?:lasts?|runs)\b|\blength\b|\brun(?:ning)?[- ]?time\b|\blong\b|\bdauer\b|\bdurée\b|\bduración\b/i,
    ["seconds"],
    /^duration_seconds$/,
  ),
  quantity(
    "sample rate",
    /\bsampl(?:e|ing)[- ]?(?:rate|frequency)\b|\bsampled at\b|\brecorded at\b|\babtastrate\b/i,
    ["hz"],
    /^sample_rate_hz$/,
  ),
  quantity("bit depth", /\bbits?\b/i, ["bits"], /^bit_depth$/),
  quantity("bit rate", /\bbit[- ]?rate\b/i, ["bps"], /^bitrate_bps$/),
  quantity(
    "spectral centroid",
    /\bcentroid\b|\bbrightness\b/i,
    ["hz"],
    /^(?:centroid_hz\.mean|brightness_hz)$/,
    /^centroid_hz/,
  ),
  quantity("bandwidth", /\bbandwidth\b/i, ["hz"], /^bandwidth_hz\.mean$/, /^bandwidth_hz/),
  quantity("rolloff", /\broll[- ]?off\b/i, ["hz"], /^rolloff_hz\.mean$/, /^rolloff_hz/),
  quantity("median pitch", /\bmedian\b/i, ["hz"], /^median_hz$/),
  quantity("band edge", /\b(?:cut-?off|band edge)\b/i, ["hz"], /^band_edge_hz$/),
  quantity(
    "tuning",
    /\btun(?:ing|ed)\b|\bdetuned\b|\bsharp\b|\bflat\b|\bconcert pitch\b/i,
    ["cents"],
    /^tuning_cents$/,
  ),
  quantity(
    "leading silence",
    /\bleading silence\b|\bsilence at the (?:start|beginning)\b/i,
    ["seconds"],
    /^leading_silence_seconds$/,
  ),
  quantity(
    "trailing silence",
    /\btrailing silence\b|\bsilence at the end\b/i,
    ["seconds"],
    /^trailing_silence_seconds$/,
  ),
];

/** What a unit means where nothing is named. */
const BY_UNIT: ReadonlyMap<Dimension, string> = new Map([
  ["tempo", "tempo"],
  ["dbtp", "true peak"],
  ["bits", "bit depth"],
]);

/**
 * The quantity that a number of this dimension is said of: the name that stands last before it in its clause, else the first after
 * it, else the last before it in the sentence, else what the unit itself means; null where nothing tells.
 */
export function namedQuantity(dimension: Dimension, { before, after, lead }: Surroundings): Quantity | null {
  const possible = QUANTITIES.filter(({ dimensions }) => dimensions.includes(dimension));
  const near =
    namedRightAfter(possible, before, after) ??
    lastNamed(possible, before) ??
    firstNamed(possible, after) ??
    lastNamed(possible, lead);
  const implied = BY_UNIT.get(dimension);
  return near ?? possible.find(({ name }) => name === implied) ?? null;
}

/** "5.6 dB of dynamic range", and "… and 15.6 dB crest factor", where what stands before belongs to the number before. */
function namedRightAfter(quantities: readonly Quantity[], before: string, after: string): Quantity | null {
  const of = /^\s*of\s+(?:the\s+|a\s+|an\s+)?/i.exec(after)?.[0];
  if (of === undefined && !/\b(?:and|with|plus|und|et|y)\s*$/i.test(before)) return null;
  const rest = after.slice(of?.length ?? 0).trimStart();
  return quantities.find(({ spoken }) => rest.search(spoken) === 0) ?? null;
}

/** Of two names that end at one place the particular one, which comes first in the table. */
function lastNamed(quantities: readonly Quantity[], text: string): Quantity | null {
  let best: Quantity | null = null;
  let bestEnd = -1;
  if (text.trim() === "") return null;
  for (const candidate of quantities) {
    for (const match of text.matchAll(candidate.spoken)) {
      const end = match.index + match[0].length;
      if (end > bestEnd) [best, bestEnd] = [candidate, end];
    }
  }
  return best;
}

function firstNamed(quantities: readonly Quantity[], text: string): Quantity | null {
  let best: Quantity | null = null;
  let bestStart = Number.POSITIVE_INFINITY;
  if (text.trim() === "") return null;
  for (const candidate of quantities) {
    const start = text.search(candidate.spoken);
    if (start >= 0 && start < bestStart) [best, bestStart] = [candidate, start];
  }
  return best;
}
