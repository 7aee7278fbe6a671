/** Every operation, in the order in which clients list their tools. */
import { applyEffects } from "./apply-effects.ts";
import { convertAudio } from "./convert-audio.ts";
import { detectSpeech } from "./detect-speech.ts";
import { normalizeLoudness } from "./normalize-loudness.ts";
import type { Operation } from "./operation.ts";
import { separateStems } from "./separate-stems.ts";
import { transcribeAudio } from "./transcribe-audio.ts";
import { transcribeNotes } from "./transcribe-notes.ts";

export const OPERATIONS: readonly Operation[] = [
  separateStems,
  detectSpeech,
  transcribeAudio,
  transcribeNotes,
  applyEffects,
  normalizeLoudness,
  convertAudio,
];
