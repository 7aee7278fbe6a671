/** Units: as answers write them, and as fields of results end with them. */

/** What a number measures. Only numbers of one dimension are compared; each has one unit that both sides are converted to. */
export type Dimension =
  | "tempo"
  | "lufs"
  | "lu"
  | "dbtp"
  | "dbfs"
  | "db"
  | "hz"
  | "seconds"
  | "ratio"
  | "cents"
  | "semitones"
  | "bits"
  | "bps"
  | "bar"
  | "meter"
  | "count";

export interface SpokenUnit {
  /** As it stands in a claim. */
  readonly unit: string;
  readonly dimension: Dimension;
  /** Times the written number: BPM, Hz, seconds, shares of 1, bits per second. */
  readonly factor: number;
}

const unit = (name: string, dimension: Dimension, factor = 1): SpokenUnit => ({ unit: name, dimension, factor });

/** Tried in order: the longer spelling first. */
const SPOKEN: readonly (readonly [string, SpokenUnit])[] = [
  [
    "bpm\\b|beats (?:per|a) minute|schläge pro minute|battements par minute|pulsaciones por minuto",
    unit("BPM", "tempo"),
  ],
  [
    "beats? (?:per|to (?:the|a)|in (?:a|each|every)) (?:bar|measure)s?\\b|schläge pro takt",
    unit("beats per bar", "meter"),
  ],
  ["(?:LUFS|LKFS)\\b", unit("LUFS", "lufs")],
  ["LUs?\\b|loudness units?\\b", unit("LU", "lu")],
  ["dB ?TP\\b|dB true[- ]peak\\b", unit("dBTP", "dbtp")],
  ["dB ?FS\\b", unit("dBFS", "dbfs")],
  ["(?:dB|decibels?)\\b", unit("dB", "db")],
  ["(?:khz|kilohertz)\\b", unit("kHz", "hz", 1000)],
  ["(?:hz|hertz)\\b", unit("Hz", "hz")],
  ["(?:kbps|kbit/s|kb/s|kilobits? per second)(?!\\w)", unit("kbps", "bps", 1000)],
  ["(?:Mbps|Mbit/s)(?!\\w)", unit("Mbps", "bps", 1_000_000)],
  ["bits?\\b", unit("bit", "bits")],
  ["(?:ms|msecs?|milliseconds?|millisekunden?|millisecondes?|milisegundos?)\\b", unit("ms", "seconds", 0.001)],
  ["(?:s|secs?|seconds?|sekunden?|secondes?|segundos?)\\b", unit("s", "seconds")],
  ["(?:mins?|minutes?|minuten?|minutos?)\\b", unit("min", "seconds", 60)],
  ["(?:h|hours?|stunden?|heures?|horas?)\\b", unit("h", "seconds", 3600)],
  ["%|percent\\b|per cent\\b|prozent\\b|pour cent\\b|por ciento\\b", unit("%", "ratio", 0.01)],
  ["(?:cents?|¢)(?!\\w)", unit("cents", "cents")],
  ["(?:semitones?|half[- ]steps?|halbt(?:on|öne)|demi-tons?|semitonos?)\\b", unit("semitones", "semitones")],
];

const UNIT = new RegExp(
  `[ \\u00a0]{0,4}-?[ \\u00a0]?(?:${SPOKEN.map(([spelling]) => `(${spelling})`).join("|")})`,
  "iuy",
);

/** The unit that begins at a place, after a space or hyphen at most; null where there is none. */
export function unitAt(text: string, place: number): (SpokenUnit & { readonly end: number }) | null {
  UNIT.lastIndex = place;
  const match = UNIT.exec(text);
  if (match === null) return null;
  const index = match.slice(1).findIndex((group) => group !== undefined);
  // "3 S" and "5 H" are no times, "16 LU" and "16 lu" are both loudness.
  if (/^[SH]$/.test(match[index + 1])) return null;
  return { ...SPOKEN[index][1], end: place + match[0].length };
}

/** The last part of a field's name → what it measures, and the factor to the dimension's unit. */
const SUFFIXES: Readonly<Record<string, readonly [Dimension, number]>> = {
  bpm: ["tempo", 1],
  lufs: ["lufs", 1],
  lu: ["lu", 1],
  dbtp: ["dbtp", 1],
  dbfs: ["dbfs", 1],
  db: ["db", 1],
  hz: ["hz", 1],
  khz: ["hz", 1000],
  ms: ["seconds", 0.001],
  seconds: ["seconds", 1],
  minutes: ["seconds", 60],
  cents: ["cents", 1],
  semitones: ["semitones", 1],
  percent: ["ratio", 0.01],
  ratio: ["ratio", 1],
  bps: ["bps", 1],
  kbps: ["bps", 1000],
  count: ["count", 1],
  channels: ["count", 1],
  samples: ["count", 1],
  bar: ["bar", 1],
};

/** Fields that say what they measure by their whole name. */
const NAMES: Readonly<Record<string, readonly [Dimension, number]>> = {
  bit_depth: ["bits", 1],
  meter: ["meter", 1],
  beats_per_bar: ["meter", 1],
  confidence: ["ratio", 1],
  weight: ["ratio", 1],
};

/** Units as results write them in a `unit` field beside a number. */
const WRITTEN: Readonly<Record<string, readonly [Dimension, number]>> = {
  BPM: ["tempo", 1],
  LUFS: ["lufs", 1],
  LU: ["lu", 1],
  dBTP: ["dbtp", 1],
  dBFS: ["dbfs", 1],
  dB: ["db", 1],
  Hz: ["hz", 1],
  s: ["seconds", 1],
  ms: ["seconds", 0.001],
  "%": ["ratio", 0.01],
  cents: ["cents", 1],
  semitones: ["semitones", 1],
};

export interface FieldUnit {
  readonly dimension: Dimension;
  /** Times the field's number gives the dimension's unit. */
  readonly factor: number;
}

/** What a field measures by its name; null for a name without a unit. */
export function fieldUnit(name: string): FieldUnit | null {
  const found = NAMES[name] ?? SUFFIXES[name.slice(name.lastIndexOf("_") + 1)];
  if (found !== undefined) return { dimension: found[0], factor: found[1] };
  return name.endsWith("_confidence") ? { dimension: "ratio", factor: 1 } : null;
}

/** What a `unit` field says; null for one that is not known. */
export function writtenUnit(name: string): FieldUnit | null {
  const found = WRITTEN[name];
  return found === undefined ? null : { dimension: found[0], factor: found[1] };
}
