/** From a network's activations of 88 keys to notes. */

/** The lowest key of a piano, A0. */
const LOWEST_MIDI = 21;
export const KEYS = 88;
const ONSET_THRESHOLD = 0.5;
const FRAME_THRESHOLD = 0.3;
/** A note shorter than this (128 ms) is dropped. */
const MIN_NOTE_FRAMES = 11;
/** A note goes on through a weakness of this length. */
const TOLERATED_FRAMES = 11;

/** `[frame][key]` flat, in [0, 1]. An hour has 110 MB of each, so nothing here copies them. */
export interface KeyActivations {
  readonly notes: Float32Array;
  readonly onsets: Float32Array;
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
    found.push({ startFrame, endFrame, midi: LOWEST_MIDI + key, strength: sum / (endFrame - startFrame) });
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
function inferOnsets(notes: Float32Array, onsets: Float32Array): void {
  let [highest, strongest] = [0, 0];
  for (let cell = 0; cell < notes.length; cell++) {
    strongest = Math.max(strongest, onsets[cell]);
    highest = Math.max(highest, riseAt(notes, cell));
  }
  const scale = highest > 0 ? strongest / highest : 0;
  for (let cell = 0; cell < notes.length; cell++) onsets[cell] = Math.max(onsets[cell], scale * riseAt(notes, cell));
}

function riseAt(notes: Float32Array, cell: number): number {
  if (cell < 2 * KEYS) return 0;
  return Math.fround(Math.max(0, notes[cell] - Math.max(notes[cell - KEYS], notes[cell - 2 * KEYS])));
}

function isPeak(values: Float32Array, cell: number): boolean {
  const value = values[cell];
  return value >= ONSET_THRESHOLD && value > values[cell - KEYS] && value > values[cell + KEYS];
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
  readonly #notes: Float32Array;
  readonly #taken: Uint8Array;

  constructor(notes: Float32Array) {
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

function strongestFirst(left: Remaining): Uint32Array {
  const above: number[] = [];
  for (let cell = 0; cell < left.length; cell++) if (left.at(cell) > FRAME_THRESHOLD) above.push(cell);
  return Uint32Array.from(above).sort((a, b) => left.at(b) - left.at(a));
}
