/** Every engine, by name. */
import { AppError } from "../errors.ts";
import { beatThis } from "./beat-this.ts";
import type { FeatureEngine } from "./engine.ts";
import { silero } from "./silero.ts";
import { swiftF0 } from "./swift-f0.ts";

export const ENGINES: readonly FeatureEngine[] = [beatThis, swiftF0, silero];

/** @throws AppError internal for a name that no engine has. */
export function findEngine(name: string): FeatureEngine {
  const engine = ENGINES.find((candidate) => candidate.name === name);
  if (engine !== undefined) return engine;
  throw new AppError("internal", `There is no feature engine named "${name}".`);
}
