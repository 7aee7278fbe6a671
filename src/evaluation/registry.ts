/** Every metric, in the order of reports. A new one is a file in scorers/ and a line here. */
import type { Scorer } from "./scorer.ts";
import { beatF, downbeatF } from "./scorers/beats.ts";
import { boundaryFHalfSecond, boundaryFThreeSeconds } from "./scorers/boundaries.ts";
import { chordOverlapMajMin } from "./scorers/chords.ts";
import { clipping, silences } from "./scorers/defects.ts";
import { keyExact, keyWeighted } from "./scorers/key.ts";
import { loudnessScorers } from "./scorers/loudness.ts";
import { meter } from "./scorers/meter.ts";
import { onsetF } from "./scorers/onsets.ts";
import { rawChroma, rawPitch } from "./scorers/pitch.ts";
import { tempoAcc1, tempoAcc1Strict, tempoAcc2 } from "./scorers/tempo.ts";

export const SCORERS: readonly Scorer[] = [
  tempoAcc1,
  tempoAcc1Strict,
  tempoAcc2,
  beatF,
  downbeatF,
  meter,
  onsetF,
  keyExact,
  keyWeighted,
  chordOverlapMajMin,
  boundaryFHalfSecond,
  boundaryFThreeSeconds,
  rawPitch,
  rawChroma,
  ...loudnessScorers,
  silences,
  clipping,
];
