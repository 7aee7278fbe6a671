/** Every operation, in the order in which clients list their tools. */
import { applyEffects } from "./apply-effects.ts";
import { convertAudio } from "./convert-audio.ts";
import { normalizeLoudness } from "./normalize-loudness.ts";
import type { Operation } from "./operation.ts";
import { separateStems } from "./separate-stems.ts";

export const OPERATIONS: readonly Operation[] = [separateStems, applyEffects, normalizeLoudness, convertAudio];
