/** The engine of feature extraction: runs the stages and features asked for over one stream of blocks. */
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { AppError } from "../errors.ts";
import type { Stage } from "./extractor.ts";
import { FEATURES, type FeatureFrames, type FeatureName } from "./registry.ts";

/** Rates that Hark takes on, Hz: below, nothing audible is left; above, no converter goes. */
const MIN_SAMPLE_RATE = 1000;
const MAX_SAMPLE_RATE = 768_000;

/** One pass: push every block in order, then finish once. */
export interface Extraction<Name extends FeatureName> {
  push(block: AudioBlock): void;
  /** The frames of every feature asked for, by name. */
  finish(): Pick<FeatureFrames, Name>;
}

type Listener = (chunk: unknown) => void;

/**
 * Opens one pass for the features named. A stage runs once however many features draw from it, directly or through other
 * stages; stages and features that nobody asked for do not run. The blocks may be cut in any way; empty ones are skipped.
 * A stream without blocks gives every feature's frames of an empty signal.
 *
 * @throws AppError invalid_input for a rate outside 1 to 768 kHz, no channels, or a block that does not fit the format;
 * internal for a feature that is not in the registry, and for a pass that is used after it was finished.
 */
export function openExtraction<Name extends FeatureName>(
  format: AudioFormat,
  names: readonly Name[],
): Extraction<Name> {
  checkFormat(format);
  const blockListeners: Listener[] = [];
  const listenersOf = new Map<Stage<unknown, unknown>, Listener[]>();
  const ends: (() => void)[] = [];
  const finishes = new Map<string, () => unknown>();
  let finished = false;

  /** The list of those who hear what the stage emits; opens the stage, and those it draws from, the first time. */
  function outputOf(stage: Stage<unknown, unknown> | null): Listener[] {
    if (stage === null) return blockListeners;
    const known = listenersOf.get(stage);
    if (known !== undefined) return known;
    const upstream = outputOf(stage.from);
    const listeners: Listener[] = [];
    const run = stage.open(format);
    const emit = (chunk: unknown) => {
      for (const listener of listeners) listener(chunk);
    };
    listenersOf.set(stage, listeners);
    upstream.push((chunk) => run.push(chunk, emit));
    ends.push(() => run.end(emit));
    return listeners;
  }

  for (const name of new Set<Name>(names)) {
    if (!Object.hasOwn(FEATURES, name)) throw new AppError("internal", `There is no feature named "${name}".`);
    const feature = FEATURES[name];
    const run = feature.open(format);
    outputOf(feature.from).push((chunk) => run.push(chunk as never));
    finishes.set(name, () => run.finish());
  }

  return {
    push(block) {
      if (finished) throw new AppError("internal", "A pass takes no blocks after it was finished.");
      checkBlock(block, format);
      if (block.length === 0) return;
      for (const listener of blockListeners) listener(block);
    },
    finish() {
      if (finished) throw new AppError("internal", "A pass can be finished only once.");
      finished = true;
      // A stage is opened after those it draws from, so this order ends upstream before downstream.
      for (const end of ends) end();
      ends.length = 0;
      blockListeners.length = 0;
      listenersOf.clear();
      // What a run has collected is let go as soon as its frames are made: over hours it is hundreds of megabytes.
      const frames = Array.from(finishes, ([name, finish]) => {
        finishes.delete(name);
        return [name, finish()];
      });
      return Object.fromEntries(frames) as Pick<FeatureFrames, Name>;
    },
  };
}

function checkFormat({ sampleRate, channels }: AudioFormat): void {
  if (!Number.isInteger(sampleRate) || sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) {
    throw new AppError(
      "invalid_input",
      `A sample rate of ${sampleRate} Hz cannot be analysed: expected a whole number from ${MIN_SAMPLE_RATE} to ` +
        `${MAX_SAMPLE_RATE}. Convert the file to 44100 Hz and try again.`,
    );
  }
  if (!Number.isInteger(channels) || channels < 1) {
    throw new AppError("invalid_input", `The audio has ${channels} channels; expected at least one. Check the file.`);
  }
}

function checkBlock(block: AudioBlock, { channels }: AudioFormat): void {
  if (block.channels.length !== channels || block.channels.some((samples) => samples.length !== block.length)) {
    throw new AppError(
      "invalid_input",
      `A block of audio does not fit its stream: expected ${channels} channels of ${block.length} samples each. ` +
        "The file may change its layout midway; convert it to WAV and try again.",
    );
  }
}
