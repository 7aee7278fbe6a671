/** Every operation that Hark has. */
import { applyEffects } from "./apply-effects.ts";
import { convertAudio } from "./convert-audio.ts";
import { normalizeLoudness } from "./normalize-loudness.ts";
import type { Operation } from "./operation.ts";

export const OPERATIONS: readonly Operation[] = [applyEffects, normalizeLoudness, convertAudio];
