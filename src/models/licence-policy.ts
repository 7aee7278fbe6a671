/** Whose weights may be used, and what is done without the others. */
import { AppError } from "../errors.ts";
import type { LicenceScope, ModelManifest } from "./manifest.ts";
import type { FoundModel } from "./model-library.ts";

/** What Hark does for a task without a model. */
const WITHOUT_MODEL: Readonly<Record<string, string>> = {
  separate_stems: "the classic engine, which needs no model",
  detect_speech: "the detector by level, which needs no model",
  rhythm: "its own beat tracker, which needs no model",
  pitch: "its own f0 tracker, which needs no model",
  transcribe_audio: "another model, a server of the settings, or PocketSphinx",
  apply_effects: "FFmpeg's denoiser, which needs no model",
};

/** Labels of speakers are a part of transcribe_audio, but no model for speech does their work. */
const SPEAKERS = "diarisation";

/** Why a model that the policy does not cover is not used, and what is used in its place. */
export function whyRefused({ name, task, engine, licence }: ModelManifest, all: readonly FoundModel[]): string {
  const isForSpeakers = engine === SPEAKERS;
  const other = all.find(
    ({ manifest, state }) =>
      state === "installed" && manifest.task === task && (manifest.engine === SPEAKERS) === isForSpeakers,
  );
  const instead = other?.manifest.name ?? (isForSpeakers ? undefined : WITHOUT_MODEL[task]);
  const used =
    instead === undefined
      ? `Nothing takes its place for ${isForSpeakers ? "labels of speakers" : task}.`
      : `Without it Hark uses ${instead}.`;
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
