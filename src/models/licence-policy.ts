/** Whose weights may be used, and what is done without the others. */
import { AppError } from "../errors.ts";
import type { LicenceScope, ModelManifest } from "./manifest.ts";
import type { FoundModel } from "./model-library.ts";

/** What Hark does for a task without a model. */
const WITHOUT_MODEL: Readonly<Record<string, string>> = {
  separate_stems: "the classic engine, which needs no model",
  detect_speech: "the detector by level, which needs no model",
  rhythm: "Hark's own beat tracker, which needs no model",
  pitch: "Hark's own f0 tracker, which needs no model",
  transcribe_audio: "another model, a server of the settings, or PocketSphinx",
  apply_effects: "FFmpeg's denoiser, which needs no model",
};

/** Why a model that the policy does not cover is not used, and what is used in its place. */
export function whyRefused({ name, task, licence }: ModelManifest, all: readonly FoundModel[]): string {
  const others = all
    .filter(({ manifest, state }) => manifest.task === task && state === "installed")
    .map(({ manifest }) => manifest.name);
  const instead = others[0] ?? WITHOUT_MODEL[task];
  const used = instead === undefined ? `Nothing is used for ${task} instead.` : `Used instead: ${instead}.`;
  return (
    `The weights of ${name} are licensed as "${licence.name}" (scope: ${licence.scope}), which the licence policy does not cover. ` +
    `${used} HARK_MODEL_LICENCES=${neededScopes(licence.scope)} allows it.`
  );
}

/** @throws AppError forbidden, with what `whyRefused` says. */
export function requireAllowed(model: FoundModel, all: readonly FoundModel[]): void {
  if (model.state === "refused") throw new AppError("forbidden", whyRefused(model.manifest, all));
}

function neededScopes(scope: LicenceScope): string {
  return scope === "permissive" ? scope : `permissive,${scope}`;
}
