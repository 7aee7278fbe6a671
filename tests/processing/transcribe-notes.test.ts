/** Notes that are known, by the real network; and the file that they are written to. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { onsetDetection } from "../../src/evaluation/metrics/onset-detection.ts";
import { midiFile } from "../../src/processing/midi-file.ts";
import { createNotes, FULL_ACTIVATION, KEYS } from "../../src/processing/note-creation.ts";
import { transcribeNotes } from "../../src/processing/transcribe-notes.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { context, writtenSource } from "./operation-runs.ts";
import { devsetPath, hasReal, realModels, realNote } from "./real-models.ts";

const WEIGHTS = "basic_pitch_nmp.onnx";
const RATE = 44_100;

test("a MIDI file puts beats on beats and notes between them, with tempo changes", () => {
  const note = { startSeconds: 1.25, endSeconds: 2, midi: 60, velocity: 100 };
  const bytes = midiFile([note], [0.5, 1, 1.5, 2.5], 3);
  const hex = bytes.toString("hex");
  expect(hex.startsWith("4d546864000000060001000201e0")).toBe(true);
  // 0.5 s a beat, three in a bar, and 1 s a beat from the beat at 1.5 s, tick 1440.
  expect(hex).toContain("ff510307a120");
  expect(hex).toContain("ff58040302");
  expect(hex).toContain("ff51030f4240");
  // Tick 1200 (0x89 0x30), and 480 ticks later: half of the beat before 1.5 s, half of the one after.
  expect(hex).toContain("8930903c6483" + "60803c00");
  expect(midiFile([], [], null).toString("latin1").match(/MTrk/g)).toHaveLength(2);
});

test("notes follow onsets, and what has no onset is found by its strength", () => {
  const code = (activation: number) => Math.round(FULL_ACTIVATION * activation);
  const frames = 100;
  const notes = new Uint16Array(frames * KEYS);
  const onsets = new Uint16Array(frames * KEYS);
  for (let frame = 10; frame < 40; frame++) notes[frame * KEYS + 39] = code(0.8);
  onsets[10 * KEYS + 39] = code(0.9);
  // Rises slowly, so that it has no onset.
  for (let frame = 50; frame < 90; frame++) notes[frame * KEYS + 50] = code(Math.min(0.6, (frame - 50) / 50));
  for (let frame = 60; frame < 66; frame++) notes[frame * KEYS + 20] = code(0.9);
  expect(createNotes({ notes, onsets })).toMatchObject([
    { startFrame: 10, endFrame: 40, midi: 60 },
    { startFrame: 65, endFrame: 90, midi: 71 },
  ]);
  expect(createNotes({ notes: new Uint16Array(frames * KEYS), onsets: new Uint16Array(frames * KEYS) })).toEqual([]);
});

/** Tones with harmonics and a decay, one after the other and in chords. */
function melody() {
  const truth = [60, 64, 67, 72, 65, 69, 62, 71, 55, 48].map((midi, index) => ({ midi, start: 0.5 + index * 0.5 }));
  truth.push(...[50, 57, 62, 66].map((midi) => ({ midi, start: 6 })));
  const signal = new Float32Array(8 * RATE);
  for (const { midi, start } of truth) {
    const hz = 440 * 2 ** ((midi - 69) / 12);
    for (let harmonic = 1; harmonic <= 5; harmonic++) {
      const tone = sine(hz * harmonic, RATE, Math.round(0.45 * RATE), 0.15 / harmonic);
      tone.forEach((value, n) => {
        signal[Math.round(start * RATE) + n] += value * Math.exp((-4 * n) / RATE) * Math.min(1, n / 200);
      });
    }
  }
  return { signal, truth };
}

describe.skipIf(ffmpeg === null || !hasOnnxRuntime || !hasReal(WEIGHTS))(
  `by Basic Pitch${ffmpegNote}${onnxNote}${realNote(WEIGHTS)}`,
  () => {
    test("finds known notes, single and in a chord, at their time", async () => {
      const { signal, truth } = melody();
      const source = writtenSource(wavFile([signal], RATE));
      const { value, files } = await transcribeNotes.run(source, {}, context({ models: realModels }));
      const found = truth.filter(({ midi, start }) =>
        value.notes.some((note) => note.midi === midi && Math.abs(note.start_seconds - start) < 0.05),
      );
      const fMeasure = (2 * found.length) / (truth.length + value.note_count);
      expect(found).toHaveLength(truth.length);
      // Every note is found; what is too many are harmonics, which these tones have stronger than most instruments.
      expect(fMeasure).toBeGreaterThan(0.7);
      expect(value.model).toMatchObject({ id: "basic-pitch", licence: "Apache-2.0" });
      expect(transcribeNotes.output.parse(value)).toEqual(value);
      expect(readFileSync(files[0].path).subarray(0, 4).toString()).toBe("MThd");
    });

    test("finds the onsets of a lute piece of which the score is known", async () => {
      const file = "music_midi/mut_01_bach_preludio_bwv997.ogg";
      const manifest: { items: { file: string; onsets?: number[] }[] } = JSON.parse(
        readFileSync(devsetPath("manifest.json"), "utf8"),
      );
      const onsets = manifest.items.find((item) => item.file === file)?.onsets ?? [];
      expect(onsets.length).toBeGreaterThan(100);
      const source = { ...writtenSource(readFileSync(devsetPath(file))), filename: "Preludio.ogg" };
      const where = context({ models: realModels });
      const { value, files } = await transcribeNotes.run(source, {}, where);
      const starts = noteStarts(readFileSync(files[0].path));
      expect(starts).toHaveLength(value.note_count);
      const distinct = value.notes.filter(
        (note, index) => index === 0 || note.start_seconds - value.notes[index - 1].start_seconds > 0.03,
      );
      const until = value.notes.at(-1)?.start_seconds ?? 0;
      const score = onsetDetection(
        onsets.filter((time) => time <= until),
        distinct.map((note) => note.start_seconds),
      );
      expect(score.fMeasure).toBeGreaterThan(0.8);
      expect(files[0].filename).toBe("Preludio - notes.mid");
    });

    test("finds none in silence, and stops within two seconds when it is cancelled", async () => {
      const silence = writtenSource(wavFile([new Float32Array(RATE)], RATE));
      const { value } = await transcribeNotes.run(silence, {}, context({ models: realModels }));
      expect(value).toMatchObject({
        note_count: 0,
        tempo_bpm: null,
        notes_on_result: [expect.stringContaining("120 BPM")],
      });
      const stopping = new AbortController();
      const where = context({ models: realModels, signal: stopping.signal });
      const running = transcribeNotes.run(writtenSource(wavFile([noise(300 * RATE, 1, 0.2)], RATE)), {}, where);
      setTimeout(() => stopping.abort(), 1500);
      const startedAt = performance.now();
      await expect(running).rejects.toMatchObject({ kind: "cancelled" });
      expect(performance.now() - startedAt).toBeLessThan(3500);
    });
  },
);

test.skipIf(ffmpeg === null)(`says how to get the model${ffmpegNote}`, async () => {
  const running = transcribeNotes.run(writtenSource(wavFile([new Float32Array(9)], RATE)), {}, context());
  await expect(running).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining("basic_pitch") });
});

/** The note-on events of a file as `midiFile` writes it. */
function noteStarts(bytes: Buffer): number[] {
  const track = bytes.subarray(bytes.lastIndexOf("MTrk") + 8);
  const starts: number[] = [];
  for (let at = 0, tick = 0; at < track.length; ) {
    let delta = 0;
    do delta = delta * 128 + (track[at] & 127);
    while ((track[at++] & 128) !== 0);
    tick += delta;
    if (track[at] === 0xff) break;
    if ((track[at] & 0xf0) === 0x90) starts.push(tick);
    at += 3;
  }
  return starts;
}
