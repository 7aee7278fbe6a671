/** Which metrical level and phase of a beat track a listener would tap: the beats themselves, every other, twice as many … */

/** Ways to count: the tempo over that of the track, and the places of the track, in beats, that a count may begin on. */
const LEVELS: readonly { readonly ratio: number; readonly starts: readonly number[] }[] = [
  { ratio: 1, starts: [0, 1 / 2] },
  { ratio: 1 / 2, starts: [0, 1] },
  { ratio: 2, starts: [0] },
  { ratio: 1 / 3, starts: [0, 1, 2] },
  { ratio: 3, starts: [0] },
  { ratio: 2 / 3, starts: [0, 1 / 2, 1] },
  { ratio: 3 / 2, starts: [0, 1 / 3] },
];
/** Bars whose downbeats are looked for. */
const BARS = [3, 4];
const MAX_LOG_ODDS = 4;

export interface LevelModel {
  /** What the mean log odds of a beat at the beats of a level count, and those of a downbeat at its likeliest downbeats. */
  readonly beatWeight: number;
  readonly downbeatWeight: number;
  /** What speaks for the track as it is: it was preferred to all other tempi before. */
  readonly trackBonus: number;
  /** The tempi that listeners prefer: a log-normal distribution, its middle in BPM and its width in octaves. */
  readonly preferredBpm: number;
  readonly widthOctaves: number;
}

/** Fitted on the validation part of the network's training music (training/README.md). */
const LEVEL_MODEL: LevelModel = {
  beatWeight: 1.65,
  downbeatWeight: 0.9,
  trackBonus: 1.1,
  preferredBpm: 123,
  widthOctaves: 0.44,
};

export interface MetricalLevel {
  readonly bpm: number;
  /** Chance of this level among all; they sum to 1. */
  readonly weight: number;
  /** Its beats, as places in the track: 1.5 is half-way between the second and the third beat. */
  readonly places: readonly number[];
}

interface Count {
  readonly ratio: number;
  readonly bpm: number;
  readonly places: readonly number[];
  readonly score: number;
}

/**
 * The tempi at which the beats of a track may be counted, likeliest first: those within the range (the track's own always), by
 * the log odds of beats and downbeats where they would fall, and by the preference of listeners for moderate tempi (McKinney & Moelants,
 * "Ambiguity in tempo perception: what draws listeners to different metrical levels?", Music Perception 24(2), 2006). `frames` are the track's beats, at
 * least two; `tempoBpm` is their tempo.
 */
export function metricalLevels(
  activations: { readonly beat: Float32Array; readonly downbeat: Float32Array },
  frames: readonly number[],
  tempoBpm: number,
  range: { readonly minBpm: number; readonly maxBpm: number },
  model: LevelModel = LEVEL_MODEL,
): MetricalLevel[] {
  const counts = LEVELS.flatMap(({ ratio, starts }) => {
    const bpm = ratio * tempoBpm;
    if (ratio !== 1 && (bpm < range.minBpm || bpm > range.maxBpm)) return [];
    const octaves = Math.log2(bpm / model.preferredBpm) / model.widthOctaves;
    return starts.map((start): Count => {
      const places = placesFrom(start, 1 / ratio, frames.length);
      const { beat, downbeat } = levelFeatures(activations, frames, places);
      const bonus = ratio === 1 && start === 0 ? model.trackBonus : 0;
      const score = model.beatWeight * beat + model.downbeatWeight * downbeat + bonus - octaves ** 2 / 2;
      return { ratio, bpm, places, score };
    });
  });
  const greatest = Math.max(...counts.map(({ score }) => score));
  const sum = counts.reduce((total, { score }) => total + Math.exp(score - greatest), 0);
  return LEVELS.flatMap((level): MetricalLevel[] => {
    const same = counts.filter(({ ratio }) => ratio === level.ratio);
    if (same.length === 0) return [];
    const { bpm, places } = same.reduce((best, count) => (count.score > best.score ? count : best));
    return [{ bpm, places, weight: same.reduce((total, { score }) => total + Math.exp(score - greatest) / sum, 0) }];
  }).sort((a, b) => b.weight - a.weight);
}

/** The frame of a place in a track of beats, rounded. */
export function frameAt(frames: readonly number[], place: number): number {
  const beat = Math.min(Math.floor(place), frames.length - 2);
  return Math.round(frames[beat] + (place - beat) * (frames[beat + 1] - frames[beat]));
}

function placesFrom(start: number, step: number, beats: number): number[] {
  const count = Math.floor((beats - 1 - start) / step + 1e-9) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => start + index * step + 1e-9);
}

/** The mean log odds of a beat, and the greatest mean log odds of a downbeat on every third or fourth. */
function levelFeatures(
  activations: { readonly beat: Float32Array; readonly downbeat: Float32Array },
  frames: readonly number[],
  places: readonly number[],
): { beat: number; downbeat: number } {
  const at = places.map((place) => frameAt(frames, place));
  const downbeats = at.map((frame) => logOddsNear(activations.downbeat, frame));
  const bars = BARS.flatMap((bar) =>
    Array.from({ length: bar }, (_, phase) => average(downbeats.filter((_, index) => index % bar === phase))),
  );
  return { beat: average(at.map((frame) => logOddsNear(activations.beat, frame))), downbeat: Math.max(...bars) };
}

function average(values: readonly number[]): number {
  return values.length === 0 ? -MAX_LOG_ODDS : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function logOddsNear(activation: Float32Array, frame: number): number {
  const chance = Math.max(activation[frame - 1] ?? 0, activation[frame] ?? 0, activation[frame + 1] ?? 0);
  return Math.max(-MAX_LOG_ODDS, Math.min(MAX_LOG_ODDS, Math.log(chance / (1 - chance))));
}
