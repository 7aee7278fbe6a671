/** Writes down the notes of a recording, as a MIDI file with the beats of the recording. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { round } from "../agents/rounding.ts";
import { AppError, toAppError } from "../errors.ts";
import { hasInferenceRuntime, runtimeMissing } from "../models/inference-child.ts";
import { installedModel } from "../models/installed-model.ts";
import type { FoundModel } from "../models/model-library.ts";
import { basicPitchActivations } from "./basic-pitch.ts";
import { NotesFinder } from "./notes-finder.ts";
import { defineOperation, type OperationContext } from "./operation.ts";
import { outputName } from "./output-name.ts";
import { describeModel } from "./run-network.ts";

const ENGINE = "basic_pitch";
/** Beyond, the activations take more than a quarter of a gigabyte. */
const LONGEST_SECONDS = 2 * 3600;
/** A header may count a little less than there is. */
const HEADER_SLACK_SECONDS = 60;
const NO_BEATS = "No beats were found: the MIDI file has 120 BPM throughout, and its bars mean nothing.";

export const transcribeNotes = defineOperation({
  name: "transcribe_notes",
  title: "Transcribe notes",
  description:
    "Writes down the notes of a recording, chords included, as a MIDI file whose tempo follows the recording's beats. Best for one instrument; " +
    "drums are taken for notes and instruments are not told apart: separate the stems of a full mix before. Needs the model basic-pitch.",
  version: 2,
  input: z.object({}),
  output: z.object({
    note_count: z.number().int(),
    notes: z
      .array(
        z.object({
          midi: z.number().int().describe("60 is middle C"),
          start_seconds: z.number(),
          end_seconds: z.number(),
          strength: z.number().describe("Mean activation, 0 to 1; not a loudness"),
        }),
      )
      .describe("The first ones, as many as fit; the MIDI file holds all"),
    tempo_bpm: z.number().nullable(),
    meter: z.number().int().nullable(),
    duration_seconds: z.number(),
    engine: z.string(),
    model: z.object({ id: z.string(), name: z.string(), licence: z.string(), licence_scope: z.string() }),
    notes_on_result: z.array(z.string()),
  }),

  async run(source, _parameters, context) {
    try {
      const model = await modelForNotes(context);
      if ((source.probe.durationSeconds ?? 0) > LONGEST_SECONDS) throw tooLong();
      const longest = (source.probe.durationSeconds ?? LONGEST_SECONDS) + HEADER_SLACK_SECONDS;
      await using finder = new NotesFinder();
      const activations = await basicPitchActivations(model, source, context, longest, (block, format) =>
        finder.push(block, format),
      );
      const { durationSeconds } = activations;
      const found = await finder.finish(activations, durationSeconds, context.signal);
      const path = join(context.folder, "notes.mid");
      await writeFile(path, found.midi, { flag: "wx" });
      context.progress(1, "Finished");
      const value = {
        note_count: found.count,
        notes: [...found.first],
        tempo_bpm: found.tempoBpm,
        meter: found.meter,
        duration_seconds: round(durationSeconds, 3) ?? 0,
        engine: ENGINE,
        model: describeModel(model),
        notes_on_result: found.beatCount < 2 ? [NO_BEATS] : [],
      };
      const filename = outputName(source.filename, " - notes", "mid");
      return { value, files: [{ role: "midi", path, filename, mimeType: "audio/midi" }] };
    } catch (error) {
      throw context.signal.aborted ? toAppError(new DOMException("cancelled", "AbortError")) : error;
    }
  },
});

async function modelForNotes({ models }: OperationContext): Promise<FoundModel> {
  const known = (await models?.find("transcribe_notes")) ?? [];
  const model = installedModel(known, { engine: ENGINE, otherwise: null });
  if (!hasInferenceRuntime()) throw runtimeMissing();
  return model;
}

function tooLong(): AppError {
  return new AppError(
    "invalid_input",
    "transcribe_notes takes up to two hours. Cut the recording and run it on the parts.",
  );
}
