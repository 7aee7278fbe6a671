/** Whether a recording passes a delivery profile, and what stands against it. */
import type { DeliveryProfile } from "./delivery-profiles.ts";
import type { Finding } from "./quality-findings.ts";

export interface Measured {
  /** NaN or -Infinity where it could not be measured. */
  readonly integratedLufs: number;
  readonly truePeakDbtp: number;
  readonly truePeakSeconds: number;
  readonly monoFoldDownDb: number;
  readonly leadingSilenceSeconds: number;
  readonly trailingSilenceSeconds: number;
  readonly durationSeconds: number;
  readonly findings: readonly Finding[];
}

/** What failed, with its limit, and the time of its first place; null for what holds for the whole file. */
export interface Failure {
  readonly reason: string;
  readonly seconds: number | null;
}

/** Every failure of the profile, by its limits' order; empty when the recording passes. */
export function deliveryFailures(profile: DeliveryProfile, measured: Measured): Failure[] {
  return [
    ...loudnessFailures(profile, measured),
    ...silenceFailures(profile, measured),
    ...profile.refused.flatMap((kind) => findingFailure(kind, measured)),
  ];
}

function loudnessFailures(profile: DeliveryProfile, measured: Measured): Failure[] {
  const failures: Failure[] = [];
  const { integratedLufs: limits, maxTruePeakDbtp, minMonoFoldDownDb } = profile;
  const lufs = measured.integratedLufs;
  if (limits !== null && !(lufs >= limits.min && lufs <= limits.max)) {
    const value = Number.isFinite(lufs) ? `${oneDecimal(lufs)} LUFS` : "no loudness";
    failures.push({ reason: `${value}; ${limits.min} to ${limits.max} asked for`, seconds: null });
  }
  if (measured.truePeakDbtp > maxTruePeakDbtp) {
    const reason = `true peak ${oneDecimal(measured.truePeakDbtp)} dBTP; at most ${maxTruePeakDbtp}`;
    failures.push({ reason, seconds: measured.truePeakSeconds });
  }
  if (minMonoFoldDownDb !== null && measured.monoFoldDownDb < minMonoFoldDownDb) {
    const loss = Number.isFinite(measured.monoFoldDownDb)
      ? `${(-measured.monoFoldDownDb).toFixed(1)} dB`
      : "everything";
    failures.push({ reason: `loses ${loss} in mono; at most ${-minMonoFoldDownDb} dB`, seconds: null });
  }
  return failures;
}

/** "0.0" for what rounds to it from below, never "-0.0". */
function oneDecimal(value: number): string {
  return (Number(value.toFixed(1)) + 0).toFixed(1);
}

function silenceFailures({ maxEndSilenceSeconds }: DeliveryProfile, measured: Measured): Failure[] {
  const { leadingSilenceSeconds, trailingSilenceSeconds, durationSeconds } = measured;
  const failures: Failure[] = [];
  const limit = `at most ${maxEndSilenceSeconds} s`;
  if (leadingSilenceSeconds > maxEndSilenceSeconds) {
    failures.push({ reason: `begins with ${leadingSilenceSeconds.toFixed(1)} s of silence; ${limit}`, seconds: 0 });
  }
  if (trailingSilenceSeconds > maxEndSilenceSeconds) {
    const reason = `ends with ${trailingSilenceSeconds.toFixed(1)} s of silence; ${limit}`;
    failures.push({ reason, seconds: durationSeconds - trailingSilenceSeconds });
  }
  return failures;
}

function findingFailure(kind: Finding["kind"], { findings }: Measured): Failure[] {
  const places = findings.filter((finding) => finding.kind === kind);
  if (places.length === 0) return [];
  const more = places.length > 1 ? ` (first of ${places.length})` : "";
  return [{ reason: `${kind}: ${places[0].detail}${more}`, seconds: places[0].startSeconds }];
}
