/**
 * Which engine transcribes: the one that was asked for, else the server of the settings, else the largest model on this machine, else the
 * program on it.
 */
import { AppError } from "../errors.ts";
import { installedModel } from "../models/installed-model.ts";
import type { FoundModel } from "../models/model-library.ts";
import { hasSpeechRuntime, speechRuntimeMissing } from "../models/speech-child.ts";
import { endpointRecogniser } from "./endpoint-recogniser.ts";
import type { OperationContext } from "./operation.ts";
import { findPocketsphinx, pocketsphinxRecogniser, requireEnglish } from "./pocketsphinx-recogniser.ts";
import { knowsLanguage, sherpaRecogniser } from "./sherpa-recogniser.ts";
import type { SpeechRecogniser } from "./speech-recogniser.ts";

export type RecogniserName = "auto" | SpeechRecogniser["engine"];

interface Wanted {
  readonly engine: RecogniserName;
  /** The id of a model for `sherpa`. */
  readonly model: string | null;
  /** ISO 639-1, or null to have it detected. */
  readonly language: string | null;
}

const HOW =
  "Get a model (hark models pull whisper-base, docs/models.md); or set HARK_STT_URL (and HARK_STT_MODEL, HARK_STT_API_KEY) to a server that " +
  "speaks OpenAI's /v1/audio/transcriptions, on this machine or elsewhere; or, for English and poor results, apt-get install pocketsphinx " +
  "pocketsphinx-en-us.";

/**
 * @throws AppError unavailable when the engine, or with `auto` any, is missing, and forbidden when the licence policy does not cover the
 * model; it says how to get one. invalid_input for a model with another engine.
 */
export async function chooseRecogniser(wanted: Wanted, context: OperationContext): Promise<SpeechRecogniser> {
  checkWanted(wanted);
  const { engine, model } = wanted;
  const { speechEndpoint } = context;
  if (engine === "sherpa" || model !== null) return sherpaRecogniser(await chooseModel(wanted, context));
  if (engine !== "pocketsphinx" && speechEndpoint !== undefined) return endpointRecogniser(speechEndpoint);
  if (engine === "endpoint") throw new AppError("unavailable", `No transcription server is set. ${HOW}`);
  const models = engine === "auto" ? await sherpaModels(context) : [];
  const best = hasSpeechRuntime() ? largest(installed(models), wanted.language) : null;
  if (best !== null) return sherpaRecogniser(best);
  const program = await findPocketsphinx(process.env.PATH ?? "");
  if (program !== null) return pocketsphinxRecogniser(program, models.flatMap(whyPassedOver));
  const what = engine === "auto" ? "There is no engine for speech on this machine." : "PocketSphinx is not installed.";
  throw new AppError("unavailable", `${what} ${HOW}`);
}

/** @throws AppError invalid_input for a model with an engine that takes none, and a language that the engine never knows. */
export function checkWanted({ engine, model, language }: Wanted): void {
  if (model !== null && engine !== "auto" && engine !== "sherpa") {
    throw new AppError("invalid_input", `The engine ${engine} takes no model. Leave one of both out.`);
  }
  if (engine === "pocketsphinx") requireEnglish(language);
}

async function chooseModel({ model: id, language }: Wanted, context: OperationContext): Promise<FoundModel> {
  const models = await sherpaModels(context);
  const asked = id === null ? null : models.find(({ manifest }) => manifest.id === id);
  if (asked === undefined) {
    const ids = models.map(({ manifest }) => manifest.id).join(", ");
    throw new AppError("invalid_input", `There is no speech model "${id}". There are: ${ids}.`);
  }
  const model =
    asked === null
      ? largest(installed(models), language)
      : installedModel([asked], { engine: "sherpa", otherwise: "choose another" });
  if (model === null) throw new AppError("unavailable", `No speech model is installed that could be used. ${HOW}`);
  if (!hasSpeechRuntime()) throw speechRuntimeMissing();
  return model;
}

async function sherpaModels({ models }: OperationContext): Promise<readonly FoundModel[]> {
  const found = (await models?.find("transcribe_audio")) ?? [];
  return found.filter(({ manifest }) => manifest.engine === "sherpa");
}

function installed(models: readonly FoundModel[]): readonly FoundModel[] {
  return models.filter(({ state }) => state === "installed");
}

function whyPassedOver({ manifest: { name }, state }: FoundModel): string[] {
  if (state === "missing") return [];
  const why =
    state === "installed" ? "sherpa-onnx is not installed, or it does not know the language" : `it is ${state}`;
  return [`${name} was passed over: ${why}.`];
}

/** The largest that knows the language: of models of one kind it errs least. */
function largest(models: readonly FoundModel[], language: string | null): FoundModel | null {
  const able = models.filter(({ manifest }) => language === null || knowsLanguage(manifest, language));
  const bytesOf = ({ manifest }: FoundModel) => manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...able].sort((a, b) => bytesOf(b) - bytesOf(a)).at(0) ?? null;
}
