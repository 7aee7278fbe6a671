/** How much speaks for a tempo and a meter, and what speaks against them. */
import type { MeterCandidate } from "../dsp/bar-tracking.ts";
import type { MetricalLevel } from "../dsp/metrical-levels.ts";
import type { Pulse } from "../dsp/pulse.ts";

/** Below, `why_uncertain` says why. */
const CERTAIN = 0.7;
/** A recording shorter than this many seconds counts as less evidence, in proportion. */
const FULL_SECONDS = 10;
/** A shorter one is no evidence. */
const MIN_SECONDS = 4;
/** Clarity below which the beat is called faint, and stability below which the tempo is called varying. */
const FAINT = 0.4;
const STEADY = 0.7;
const CLOSE_TEMPI = 0.04;
/** Rivals that are worth naming. */
const MIN_RIVAL_WEIGHT = 0.1;

/**
 * What speaks for the tempo, in [0, 1]: the weight of its metrical level, times how clearly the beats are heard and how steady
 * they are, times the share of ten seconds that there is; 0 under four seconds. The table `tempo` says what it is worth.
 */
export function tempoEvidence({ tempi, clarity }: Pulse, stability: number, durationSeconds: number): number {
  if (durationSeconds < MIN_SECONDS) return 0;
  const enough = Math.min(1, durationSeconds / FULL_SECONDS);
  return (tempi[0]?.weight ?? 0) * Math.sqrt(clarity) * (0.5 + 0.5 * stability) * enough;
}

/** What speaks for the meter, in [0, 1]: its mean probability, times the clarity of the beats. The table is `meter`. */
export function meterEvidence({ meters, clarity }: Pulse): number {
  return (meters[0]?.weight ?? 0) * Math.sqrt(clarity);
}

/** The reasons for low confidences, in words, the gravest first; null where both are 0.7 or more. */
export function whyUncertain(
  { tempi, meters, clarity }: Pulse,
  confidences: { readonly tempo: number; readonly meter: number },
  durationSeconds: number,
  stability: number,
): string | null {
  if (Math.min(confidences.tempo, confidences.meter) >= CERTAIN) return null;
  const reasons: string[] = [];
  if (durationSeconds < FULL_SECONDS) reasons.push(`the recording is short (${durationSeconds.toFixed(1)} s)`);
  if (clarity < FAINT) reasons.push("the beat is faint, as in music without drums");
  if (stability < STEADY) reasons.push("the tempo varies, as in rubato");
  if (confidences.tempo < CERTAIN) reasons.push(...rivalTempo(tempi));
  if (confidences.meter < CERTAIN) reasons.push(...rivalMeter(meters));
  return reasons.length === 0 ? "The pulse is ambiguous." : capitalised(`${reasons.join("; ")}.`);
}

function rivalTempo([first, second]: readonly MetricalLevel[]): string[] {
  if (second === undefined || second.weight < MIN_RIVAL_WEIGHT) return [];
  return [`${second.bpm.toFixed(1)} BPM${relation(second.bpm / first.bpm)} is a rival`];
}

function rivalMeter([first, second]: readonly MeterCandidate[]): string[] {
  if (second === undefined || second.weight < MIN_RIVAL_WEIGHT) return ["the downbeats are unclear"];
  return [`bars of ${second.beatsPerBar} beats are a rival of ${first.beatsPerBar}`];
}

const RELATIONS: readonly (readonly [number, string])[] = [
  [2, "double"],
  [1 / 2, "half"],
  [3, "three times"],
  [1 / 3, "a third of"],
  [3 / 2, "three halves of"],
  [2 / 3, "two thirds of"],
];

function relation(ratio: number): string {
  const named = RELATIONS.find(([exact]) => Math.abs(ratio / exact - 1) < CLOSE_TEMPI);
  return named === undefined ? "" : ` (${named[1]} the tempo)`;
}

function capitalised(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
