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

/** `[frame][key]` flat, in [0, 1]. */
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
 * strongest frames in both directions. Bittner et al., "A lightweight instrument-agnostic model for polyphonic note
 * transcription and multipitch estimation", ICASSP, 2022, section 2.4, with the thresholds of its authors' program.
 */
export function createNotes({ notes, onsets }: KeyActivations): FrameNote[] {
  const frames = notes.length / KEYS;
  const left = notes.slice();
  const found: FrameNote[] = [];
  const add = (startFrame: number, endFrame: number, key: number) => {
    let sum = 0;
    for (let frame = startFrame; frame < endFrame; frame++) sum += notes[frame * KEYS + key];
    found.push({ startFrame, endFrame, midi: LOWEST_MIDI + key, strength: sum / (endFrame - startFrame) });
  };
  const all = withInferredOnsets(notes, onsets);
  for (let frame = frames - 2; frame > 0; frame--) {
    for (let key = KEYS - 1; key >= 0; key--) {
      if (!isPeak(all, frame * KEYS + key)) continue;
      const end = reach(left, frame, key, 1, frames);
      if (end - frame <= MIN_NOTE_FRAMES) continue;
      for (let taken = frame; taken < end; taken++) take(left, taken, key);
      add(frame, end, key);
    }
  }
  for (const cell of strongestFirst(left)) {
    if (left[cell] <= FRAME_THRESHOLD) continue;
    const [middle, key] = [Math.floor(cell / KEYS), cell % KEYS];
    const end = reach(left, middle, key, 1, frames);
    const start = reach(left, middle, key, -1, frames) + 1;
    for (let taken = Math.max(0, start); taken < end; taken++) take(left, taken, key);
    left[cell] = 0;
    if (end - start > MIN_NOTE_FRAMES) add(start, end, key);
  }
  return found.sort((a, b) => a.startFrame - b.startFrame || a.midi - b.midi);
}

/** Rises of the activations, scaled to the strongest onset, count as onsets too: soft ones have no other. */
function withInferredOnsets(notes: Float32Array, onsets: Float32Array): Float32Array {
  const rises = new Float32Array(notes.length);
  let [highest, strongest] = [0, 0];
  for (let cell = 0; cell < notes.length; cell++) {
    strongest = Math.max(strongest, onsets[cell]);
    if (cell < 2 * KEYS) continue;
    rises[cell] = Math.max(0, notes[cell] - Math.max(notes[cell - KEYS], notes[cell - 2 * KEYS]));
    highest = Math.max(highest, rises[cell]);
  }
  const scale = highest > 0 ? strongest / highest : 0;
  return rises.map((rise, cell) => Math.max(onsets[cell], scale * rise));
}

function isPeak(values: Float32Array, cell: number): boolean {
  const value = values[cell];
  return value >= ONSET_THRESHOLD && value > values[cell - KEYS] && value > values[cell + KEYS];
}

/** The first frame after the note that sounds at `from` (before it, with step -1). */
function reach(left: Float32Array, from: number, key: number, step: 1 | -1, frames: number): number {
  let weak = 0;
  let frame = from + step;
  while (frame > 0 && frame < frames - 1 && weak < TOLERATED_FRAMES) {
    weak = left[frame * KEYS + key] < FRAME_THRESHOLD ? weak + 1 : 0;
    frame += step;
  }
  return frame - step * weak;
}

/** A key's neighbours sound with it in the activations. */
function take(left: Float32Array, frame: number, key: number): void {
  for (let near = Math.max(0, key - 1); near <= Math.min(KEYS - 1, key + 1); near++) left[frame * KEYS + near] = 0;
}

function strongestFirst(values: Float32Array): Uint32Array {
  const above: number[] = [];
  for (let cell = 0; cell < values.length; cell++) if (values[cell] > FRAME_THRESHOLD) above.push(cell);
  return Uint32Array.from(above).sort((a, b) => values[b] - values[a]);
}
