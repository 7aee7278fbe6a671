/** Every operation there is. */
import { detectSpeech } from "./detect-speech.ts";
import type { Operation } from "./operation.ts";
import { separateStems } from "./separate-stems.ts";

export const OPERATIONS: readonly Operation[] = [separateStems, detectSpeech];
