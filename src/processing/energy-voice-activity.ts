/** Voice activity without a model: sound that stands out from its background, whatever it is. */
import { FloatSeries } from "../dsp/float-series.ts";
import { percentile } from "../dsp/statistics.ts";
import { monoAudio } from "./mono-audio.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import type { VoiceActivity } from "./voice-activity.ts";

const SAMPLE_RATE = 16_000;
const FRAME = 320;
const FRAMES_PER_SECOND = SAMPLE_RATE / FRAME;
const LOWEST_DBFS = -100;
/** Quieter sound is silence. */
const SILENCE_DBFS = -60;
/** The background is what lies below a tenth of the frames of half a minute, so that it follows slow changes. */
const BACKGROUND_SECONDS = 30;
const BACKGROUND_PERCENTILE = 10;
const LOUD_PERCENTILE = 95;
/** Below this range there are no pauses to learn the background from. */
const LEAST_RANGE_DB = 10;
const THRESHOLD_SHARE = 0.35;
const LEAST_THRESHOLD_DB = 6;
/** How far from the threshold the probability is 0.73, dB. */
const SLOPE_DB = 4;
/** Speech fades into its pauses: after a loud frame the probability falls no faster than this. */
const HANGOVER_FRAMES = 10;

const LIMITS =
  "Speech was found by level, without a model: everything that is louder than its background counts, music and noise too. For speech " +
  "alone get silero-vad (hark models pull silero-vad) and onnxruntime-node (docs/models.md).";
const NO_PAUSES =
  "The level hardly changes, so speech cannot be told from a steady sound: all of it counts, with a probability of 0.5.";

/**
 * Frames of 20 ms against a noise floor that follows the recording, as a logistic function of the distance in dB to a threshold
 * between the floor and the loud parts, with a hangover. Silence gives 0. @throws AppError as decoders do.
 */
export async function energyVoiceActivity(
  source: SourceFile,
  context: OperationContext,
  notes: readonly string[],
): Promise<VoiceActivity> {
  const { levels, durationSeconds } = await frameLevels(source, context);
  const audible = levels.filter((level) => level > SILENCE_DBFS);
  const loud = audible.length === 0 ? SILENCE_DBFS : percentile(audible, LOUD_PERCENTILE);
  const isSteady = audible.length > 0 && loud - percentile(levels, BACKGROUND_PERCENTILE) < LEAST_RANGE_DB;
  const probabilities = isSteady
    ? levels.map((level) => (level > SILENCE_DBFS ? 0.5 : 0))
    : withHangover(aboveBackground(levels, loud));
  const all = [LIMITS, ...notes, ...(isSteady ? [NO_PAUSES] : [])];
  return { engine: "energy", model: null, probabilities, hopSeconds: FRAME / SAMPLE_RATE, durationSeconds, notes: all };
}

async function frameLevels(source: SourceFile, context: OperationContext) {
  const levels = new FloatSeries();
  let [sum, filled, sampleCount] = [0, 0, 0];
  const close = () => {
    levels.push(Math.max(LOWEST_DBFS, 10 * Math.log10(sum / filled)));
    sum = 0;
    filled = 0;
  };
  for await (const { channels, length } of monoAudio(source, SAMPLE_RATE, context)) {
    context.signal.throwIfAborted();
    sampleCount += length;
    for (let n = 0; n < length; n++) {
      sum += channels[0][n] ** 2;
      if (++filled === FRAME) close();
    }
  }
  if (filled > 0) close();
  return { levels: levels.toArray(), durationSeconds: sampleCount / SAMPLE_RATE };
}

function aboveBackground(levels: Float32Array, loud: number): Float32Array {
  const reach = (BACKGROUND_SECONDS * FRAMES_PER_SECOND) / 2;
  const probabilities = new Float32Array(levels.length);
  let threshold = 0;
  for (let frame = 0; frame < levels.length; frame++) {
    if (frame % FRAMES_PER_SECOND === 0) {
      const around = levels.subarray(Math.max(0, frame - reach), frame + reach);
      const floor = Math.max(SILENCE_DBFS - LEAST_THRESHOLD_DB, percentile(around, BACKGROUND_PERCENTILE));
      // Where there are no pauses for half a minute, speech itself must not become the background.
      const range = Math.max(LEAST_THRESHOLD_DB, THRESHOLD_SHARE * (loud - floor));
      threshold = Math.max(SILENCE_DBFS, Math.min(floor + range, loud - LEAST_RANGE_DB));
    }
    probabilities[frame] = 1 / (1 + Math.exp((threshold - levels[frame]) / SLOPE_DB));
  }
  return probabilities;
}

function withHangover(probabilities: Float32Array): Float32Array {
  const held = probabilities.slice();
  for (let frame = 1; frame < held.length; frame++) {
    held[frame] = Math.max(held[frame], held[frame - 1] - 1 / HANGOVER_FRAMES);
  }
  return held;
}
