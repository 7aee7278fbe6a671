/** From a network's activations of 88 keys to notes. */

/** The lowest key of a piano, A0. */
const LOWEST_MIDI = 21;
export const KEYS = 88;
/** The code of an activation of 1. */
export const FULL_ACTIVATION = 65_535;
const ONSET_THRESHOLD = 0.5 * FULL_ACTIVATION;
const FRAME_THRESHOLD = 0.3 * FULL_ACTIVATION;
/** A note shorter than this (128 ms) is dropped. */
const MIN_NOTE_FRAMES = 11;
/** A note goes on through a weakness of this length. */
const TOLERATED_FRAMES = 11;

/** `[frame][key]` flat, as codes from 0 to FULL_ACTIVATION. An hour has 55 MB of each, so nothing here copies them. */
export interface KeyActivations {
  readonly notes: Uint16Array;
  readonly onsets: Uint16Array;
}

/** Codes activations in [0, 1] from a place on: to the nearest of 65,536 steps, finer than the network's answers are meant. */
export function storeActivations(values: Float32Array, target: Uint16Array, from: number): void {
  for (let cell = 0; cell < values.length; cell++) {
    target[from + cell] = Math.round(FULL_ACTIVATION * Math.min(1, Math.max(0, values[cell])));
  }
}

export interface FrameNote {
  readonly startFrame: number;
  /** The first frame after it. */
  readonly endFrame: number;
  readonly midi: number;
  /** Mean activation, in [0, 1]. */
  readonly strength: number;
}

/**
 * Notes by start. First each onset takes what sounds after it, from the last to the first; then what is left over is taken from its
 * strongest frames in both directions. Writes over `onsets`. Bittner et al., "A lightweight instrument-agnostic model for polyphonic note
 * transcription and multipitch estimation", ICASSP, 2022, section 2.4, with the thresholds of its authors' program.
 */
export function createNotes({ notes, onsets }: KeyActivations): FrameNote[] {
  const frames = notes.length / KEYS;
  const left = new Remaining(notes);
  const found: FrameNote[] = [];
  const add = (startFrame: number, endFrame: number, key: number) => {
    let sum = 0;
    for (let frame = startFrame; frame < endFrame; frame++) sum += notes[frame * KEYS + key];
    found.push({
      startFrame,
      endFrame,
      midi: LOWEST_MIDI + key,
      strength: sum / (endFrame - startFrame) / FULL_ACTIVATION,
    });
  };
  inferOnsets(notes, onsets);
  for (let frame = frames - 2; frame > 0; frame--) {
    for (let key = KEYS - 1; key >= 0; key--) {
      if (!isPeak(onsets, frame * KEYS + key)) continue;
      const end = reach(left, frame, key, 1, frames);
      if (end - frame <= MIN_NOTE_FRAMES) continue;
      for (let taken = frame; taken < end; taken++) left.take(taken, key);
      add(frame, end, key);
    }
  }
  for (const cell of strongestFirst(left)) {
    if (left.at(cell) <= FRAME_THRESHOLD) continue;
    const [middle, key] = [Math.floor(cell / KEYS), cell % KEYS];
    const end = reach(left, middle, key, 1, frames);
    const start = reach(left, middle, key, -1, frames) + 1;
    for (let taken = Math.max(0, start); taken < end; taken++) left.take(taken, key);
    left.drop(cell);
    if (end - start > MIN_NOTE_FRAMES) add(start, end, key);
  }
  return found.sort((a, b) => a.startFrame - b.startFrame || a.midi - b.midi);
}

/** Rises of the activations, scaled to the strongest onset, count as onsets too: soft ones have no other. */
function inferOnsets(notes: Uint16Array, onsets: Uint16Array): void {
  let [highest, strongest] = [0, 0];
  for (let cell = 0; cell < notes.length; cell++) {
    strongest = Math.max(strongest, onsets[cell]);
    highest = Math.max(highest, riseAt(notes, cell));
  }
  const scale = highest > 0 ? strongest / highest : 0;
  for (let cell = 0; cell < notes.length; cell++) {
    onsets[cell] = Math.max(onsets[cell], Math.round(scale * riseAt(notes, cell)));
  }
}

function riseAt(notes: Uint16Array, cell: number): number {
  if (cell < 2 * KEYS) return 0;
  return Math.max(0, notes[cell] - Math.max(notes[cell - KEYS], notes[cell - 2 * KEYS]));
}

/** Of two frames with the same code, the first. */
function isPeak(values: Uint16Array, cell: number): boolean {
  const value = values[cell];
  return value >= ONSET_THRESHOLD && value > values[cell - KEYS] && value >= values[cell + KEYS];
}

/** The first frame after the note that sounds at `from` (before it, with step -1). */
function reach(left: Remaining, from: number, key: number, step: 1 | -1, frames: number): number {
  let weak = 0;
  let frame = from + step;
  while (frame > 0 && frame < frames - 1 && weak < TOLERATED_FRAMES) {
    weak = left.at(frame * KEYS + key) < FRAME_THRESHOLD ? weak + 1 : 0;
    frame += step;
  }
  return frame - step * weak;
}

/** The activations that no note has taken yet. */
class Remaining {
  readonly #notes: Uint16Array;
  readonly #taken: Uint8Array;

  constructor(notes: Uint16Array) {
    this.#notes = notes;
    this.#taken = new Uint8Array(notes.length);
  }

  get length(): number {
    return this.#notes.length;
  }

  at(cell: number): number {
    return this.#taken[cell] === 1 ? 0 : this.#notes[cell];
  }

  drop(cell: number): void {
    this.#taken[cell] = 1;
  }

  /** A key's neighbours sound with it in the activations. */
  take(frame: number, key: number): void {
    for (let near = Math.max(0, key - 1); near <= Math.min(KEYS - 1, key + 1); near++) this.drop(frame * KEYS + near);
  }
}

/** Cells that sound, sorted without numbers in a list: an hour has millions. */
function strongestFirst(left: Remaining): Uint32Array {
  let count = 0;
  for (let cell = 0; cell < left.length; cell++) if (left.at(cell) > FRAME_THRESHOLD) count++;
  const above = new Uint32Array(count);
  for (let cell = 0, n = 0; cell < left.length; cell++) if (left.at(cell) > FRAME_THRESHOLD) above[n++] = cell;
  return above.sort((a, b) => left.at(b) - left.at(a));
}
