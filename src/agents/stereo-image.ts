/** What the two channels of a stereo file have in common. */
import { lagSamples, meanCoherence } from "../dsp/coherence.ts";
import type { ChannelStatistics } from "../features/channel-statistics.ts";
import type { SampledSpectra } from "../features/sampled-spectra.ts";

export type ImageKind =
  | "mono"
  | "silent_channel"
  | "dual_mono"
  | "inverted"
  | "delayed_mono"
  | "stereo"
  | "multichannel";

export interface StereoImage {
  readonly kind: ImageKind;
  /** Pearson's, of the first two channels, -1 to 1; NaN where there is no sound in both, or one channel. */
  readonly correlation: number;
  /** Share of the power in the difference of the channels: 0 mono, 0.5 unrelated, 1 opposite; NaN likewise. */
  readonly width: number;
  /** Power of the mono mix over the mean power of the channels, dB: 0 for equal, -3 for unrelated channels. */
  readonly monoFoldDownDb: number;
  /** How much later the second channel is, where it is the first one delayed. */
  readonly lagSeconds: number | null;
}

/** One signal in both channels, perhaps at two levels; real stereo recordings stay below. */
const SAME = 0.9999;
const OPPOSITE = -0.9;
/** Coherence above which one channel is the other delayed; a pair of microphones in a room stays below. */
const DELAYED_COHERENCE = 0.9;
const MIN_FRAMES = 8;
const MAX_LAG_SECONDS = 0.05;
/** A channel under a power of 1e-9 (-90 dBFS) is silent where the other is 50 dB over it. */
const SILENT_POWER = 1e-9;
const SILENT_RATIO = 1e-5;

/** Measures the first two channels, offsets taken away; more than two are not judged. */
export function stereoImage(statistics: ChannelStatistics, spectra: SampledSpectra): StereoImage {
  const channels = statistics.means.length;
  if (channels === 1) return unrelated("mono");
  const [meanLeft, meanRight] = statistics.means;
  const left = Math.max(0, statistics.meanSquares[0] - meanLeft ** 2);
  const right = Math.max(0, statistics.meanSquares[1] - meanRight ** 2);
  const product = statistics.meanProduct - meanLeft * meanRight;
  if (Math.min(left, right) < SILENT_POWER && Math.min(left, right) <= SILENT_RATIO * Math.max(left, right)) {
    const isSilent = channels === 2 && Math.max(left, right) > SILENT_POWER;
    return unrelated(isSilent ? "silent_channel" : channels === 2 ? "stereo" : "multichannel");
  }
  const measures = {
    correlation: product / Math.sqrt(left * right),
    width: (left + right - 2 * product) / (2 * (left + right)),
    monoFoldDownDb: 10 * Math.log10((left + right + 2 * product) / (2 * (left + right))),
  };
  if (channels > 2) return { kind: "multichannel", ...measures, lagSeconds: null };
  if (measures.correlation >= SAME) return { kind: "dual_mono", ...measures, lagSeconds: null };
  if (measures.correlation <= OPPOSITE) return { kind: "inverted", ...measures, lagSeconds: null };
  const lagSeconds = delaySeconds(statistics.sampleRate, spectra);
  return { kind: lagSeconds === null ? "stereo" : "delayed_mono", ...measures, lagSeconds };
}

function unrelated(kind: ImageKind): StereoImage {
  return { kind, correlation: Number.NaN, width: Number.NaN, monoFoldDownDb: Number.NaN, lagSeconds: null };
}

/** Null unless one channel is the other, at least two samples and at most 50 ms later. */
function delaySeconds(sampleRate: number, { frames, pair }: SampledSpectra): number | null {
  if (pair === null || frames < MIN_FRAMES || !(meanCoherence(pair) >= DELAYED_COHERENCE)) return null;
  const lag = lagSamples(pair);
  return Math.abs(lag) >= 2 && Math.abs(lag) <= MAX_LAG_SECONDS * sampleRate ? lag / sampleRate : null;
}
