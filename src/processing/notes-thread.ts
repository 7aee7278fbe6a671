/**
 * Runs in a worker thread beside a transcription: hears the recording for its beats, and turns the network's activations into notes.
 * Over an hour both take seconds in one go, in which the process could neither be stopped nor tell its progress.
 */
import { parentPort } from "node:worker_threads";
import { rhythm } from "../agents/rhythm.ts";
import { round } from "../agents/rounding.ts";
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { toAppError } from "../errors.ts";
import { type Extraction, openExtraction } from "../features/extraction.ts";
import { basicPitchSeconds } from "./basic-pitch-frames.ts";
import { type MidiNote, midiFile } from "./midi-file.ts";
import { createNotes, type KeyActivations } from "./note-creation.ts";
import { withinCharacters } from "./within-characters.ts";

const NOTE_CHARACTERS = 12_000;
/** Of a recording without samples. */
const NO_FORMAT: AudioFormat = { sampleRate: 44_100, channels: 1 };

export type NotesRequest =
  | { readonly type: "block"; readonly block: AudioBlock; readonly format: AudioFormat }
  | { readonly type: "finish"; readonly activations: KeyActivations; readonly durationSeconds: number };

/** As a result names a note. */
export interface NoteView {
  readonly midi: number;
  readonly start_seconds: number;
  readonly end_seconds: number;
  readonly strength: number;
}

export interface FoundNotes {
  readonly count: number;
  /** By start, as many as fit into a result: an hour has tens of thousands, which take long to send. */
  readonly first: readonly NoteView[];
  readonly tempoBpm: number | null;
  readonly meter: number | null;
  readonly beatCount: number;
  /** The MIDI file. */
  readonly midi: Uint8Array;
}

export type NotesReply =
  | { readonly type: "taken" }
  | { readonly type: "found"; readonly found: FoundNotes }
  | { readonly type: "failed"; readonly error: Pick<ReturnType<typeof toAppError>, "kind" | "message"> };

let pass: Extraction<(typeof rhythm.needs)[number]> | null = null;

parentPort?.on("message", (request: NotesRequest) => {
  try {
    parentPort?.postMessage(answer(request));
  } catch (error) {
    const { kind, message } = toAppError(error);
    parentPort?.postMessage({ type: "failed", error: { kind, message } } satisfies NotesReply);
  }
});

function answer(request: NotesRequest): NotesReply {
  if (request.type === "finish") return { type: "found", found: find(request.activations, request.durationSeconds) };
  pass ??= openExtraction(request.format, rhythm.needs);
  pass.push(request.block);
  return { type: "taken" };
}

function find(activations: KeyActivations, durationSeconds: number): FoundNotes {
  const features = (pass ?? openExtraction(NO_FORMAT, rhythm.needs)).finish();
  const { beat_times_seconds, meter, tempo_bpm } = rhythm.analyse(features, rhythm.parameters.parse({}));
  const all = createNotes(activations).map(({ startFrame, endFrame, midi, strength }) => ({
    midi,
    startSeconds: Math.min(durationSeconds, basicPitchSeconds(startFrame)),
    endSeconds: Math.min(durationSeconds, basicPitchSeconds(endFrame)),
    strength,
    velocity: Math.max(1, Math.round(127 * Math.min(1, strength))),
  }));
  const notes = all.filter(({ startSeconds, endSeconds }) => endSeconds > startSeconds);
  const midi = midiFile(notes, beat_times_seconds, meter);
  const first = withinCharacters(notes.map(noteView), NOTE_CHARACTERS);
  return { count: notes.length, first, tempoBpm: tempo_bpm, meter, beatCount: beat_times_seconds.length, midi };
}

function noteView({ midi, startSeconds, endSeconds, strength }: MidiNote & { readonly strength: number }): NoteView {
  return {
    midi,
    start_seconds: round(startSeconds, 3) ?? 0,
    end_seconds: round(endSeconds, 3) ?? 0,
    strength: round(strength, 3) ?? 0,
  };
}
