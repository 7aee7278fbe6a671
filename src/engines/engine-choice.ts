/** Which engine an analysis is measured with: chosen before anything is read or measured, because it is part of the stored row's key. */
import { AppError } from "../errors.ts";
import { hasInferenceRuntime, runtimeMissing } from "../models/inference-child.ts";
import { installedModel } from "../models/installed-model.ts";
import type { FoundModel, ModelLibrary } from "../models/model-library.ts";
import type { EngineCall, FeatureEngine } from "./engine.ts";
import { findEngine } from "./registry.ts";

/** Hark's own arithmetic, without a model. */
export const BUILTIN = "builtin";
/** The best that is installed and allowed, where it was measured to be better than Hark's own. */
export const AUTO = "auto";

/** An engine that failed is passed over for so long, so that not every request waits for it to fail again. */
const FAILURE_REMEMBERED_MS = 10 * 60_000;
/** What is installed is looked at again after so long: reading a stored result should cost little more than the reading. */
const FOUND_REMEMBERED_MS = 1000;
const HASH_CHARACTERS = 12;

export interface EngineModel {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly licence_scope: string;
  /** The first twelve characters of the hash of its file. */
  readonly sha256: string;
}

/** What an analysis is measured with. */
export interface EngineChoice {
  /** `builtin` or an engine's name. */
  readonly engine: string;
  /** The part of the stored row's key: another engine or other weights are another row. */
  readonly key: string;
  readonly model: EngineModel | null;
  /** What to run; null for Hark's own. */
  readonly call: EngineCall | null;
  /** What the user should know. */
  readonly notes: readonly string[];
}

export interface EngineChooser {
  /**
   * @param engines The engines that an agent may take, the preferred first.
   * @param wanted `auto`, `builtin` or one of them; left out, `auto`.
   * @throws AppError for an engine that was named: unavailable where its model or the runtime is missing, forbidden where the licence
   *   policy does not cover the model, invalid_input where the agent has none of that name.
   */
  choose(engines: readonly string[], wanted: string | undefined): Promise<EngineChoice>;
  /** Has `auto` pass over an engine for ten minutes. */
  reportFailure(engine: string): void;
}

/** Hark's own, with what there is to say of it. */
export function builtinChoice(notes: readonly string[] = []): EngineChoice {
  return { engine: BUILTIN, key: BUILTIN, model: null, call: null, notes };
}

/** For where there are no models. */
export const BUILTIN_ONLY: EngineChooser = { choose: async () => builtinChoice(), reportFailure() {} };

/** @param now Milliseconds, from any beginning. */
export function openEngineChooser(library: ModelLibrary, now: () => number = Date.now): EngineChooser {
  const failedAt = new Map<string, number>();
  const found = new Map<string, { readonly at: number; readonly models: Promise<readonly FoundModel[]> }>();

  async function modelsOf(engine: FeatureEngine): Promise<readonly FoundModel[]> {
    const models = await library.find(engine.task);
    return models.filter(({ manifest }) => manifest.engine === engine.name);
  }

  function rememberedModelsOf(engine: FeatureEngine): Promise<readonly FoundModel[]> {
    const remembered = found.get(engine.name);
    if (remembered !== undefined && now() - remembered.at < FOUND_REMEMBERED_MS) return remembered.models;
    const models = modelsOf(engine);
    found.set(engine.name, { at: now(), models });
    models.catch(() => found.delete(engine.name));
    return models;
  }

  async function byName(engine: FeatureEngine): Promise<EngineChoice> {
    const models = await library.find(engine.task);
    const model = installedModel(models, { engine: engine.name, otherwise: "use the engine builtin" });
    if (!hasInferenceRuntime()) throw runtimeMissing();
    return choiceOf(engine, model, true, []);
  }

  async function automatic(engines: readonly FeatureEngine[]): Promise<EngineChoice> {
    const notes: string[] = [];
    for (const engine of engines) {
      if (!engine.isPreferred) continue;
      const models = await rememberedModelsOf(engine);
      const model = models.find(({ state }) => state === "installed");
      if (model === undefined) {
        const unusable = models.filter(({ state }) => state === "damaged" || state === "refused");
        notes.push(...unusable.map(({ manifest, state }) => `${manifest.name} was passed over: it is ${state}.`));
      } else if (now() - (failedAt.get(engine.name) ?? Number.NEGATIVE_INFINITY) < FAILURE_REMEMBERED_MS) {
        notes.push(`${model.manifest.name} was passed over: it failed less than ten minutes ago.`);
      } else if (!hasInferenceRuntime()) {
        notes.push(`${model.manifest.name} was passed over: onnxruntime-node is not installed.`);
      } else return choiceOf(engine, model, false, notes);
    }
    return builtinChoice(notes);
  }

  return {
    async choose(engines, wanted = AUTO) {
      if (wanted === BUILTIN) return builtinChoice();
      if (wanted === AUTO) return automatic(engines.map(findEngine));
      if (engines.includes(wanted)) return byName(findEngine(wanted));
      const names = [AUTO, BUILTIN, ...engines].join(", ");
      throw new AppError("invalid_input", `There is no engine "${wanted}" for this analysis. Choose one of: ${names}.`);
    },
    reportFailure(engine) {
      failedAt.set(engine, now());
    },
  };
}

function choiceOf(
  engine: FeatureEngine,
  model: FoundModel,
  isRequired: boolean,
  notes: readonly string[],
): EngineChoice {
  const { manifest, paths } = model;
  const file = manifest.files.find(({ role }) => role === "all");
  const modelPath = paths.get("all");
  if (file === undefined || modelPath === undefined) {
    throw new AppError("unavailable", `The manifest of ${manifest.id} lacks a file with the role "all". Correct it.`);
  }
  const sha256 = file.sha256.slice(0, HASH_CHARACTERS);
  return {
    engine: engine.name,
    key: `${engine.name} ${manifest.id} ${sha256}`,
    model: {
      id: manifest.id,
      name: manifest.name,
      licence: manifest.licence.name,
      licence_scope: manifest.licence.scope,
      sha256,
    },
    call: { engine: engine.name, modelPath, isRequired },
    notes: [...notes, ...engine.notes],
  };
}
