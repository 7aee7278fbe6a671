/** Every operation there is. */
import { detectSpeech } from "./detect-speech.ts";
import type { Operation } from "./operation.ts";
import { separateStems } from "./separate-stems.ts";
import { transcribeAudio } from "./transcribe-audio.ts";
import { transcribeNotes } from "./transcribe-notes.ts";

export const OPERATIONS: readonly Operation[] = [separateStems, detectSpeech, transcribeAudio, transcribeNotes];
