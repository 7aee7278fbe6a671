/** Which language models there are: the registry that Hark ships with, and the user's own file over it. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../errors.ts";
import { type Model, TASKS } from "./model.ts";
import { type ModelFile, parseModelFile } from "./model-file.ts";

/** From `src/gateway` and from `dist/gateway` alike. */
const SHIPPED_FILE = fileURLToPath(new URL("../../config/models.yaml", import.meta.url));

/** Stands for every model that a local server lists. */
const ANY_MODEL = "*";

export interface ModelRegistry {
  /** Those known by name, in the order of the files. */
  readonly models: readonly Model[];
  /** By local provider, what its models are taken to be like. */
  readonly templates: readonly Model[];
  /** The model of an id; of a local server any. @throws AppError not_found with the ids that exist. */
  find(id: string): Model;
}

/**
 * Reads the registry, and the user's file where there is one.
 * @throws AppError invalid_input when a file does not fit the form; it names the file and the field.
 */
export async function loadModelRegistry(userFile: string): Promise<ModelRegistry> {
  const shipped = await parseModelFile(await readFile(SHIPPED_FILE, "utf8"), SHIPPED_FILE);
  const text = await readFile(userFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw unreadable(userFile, error);
  });
  return modelRegistry(text === null ? [shipped] : [shipped, await parseModelFile(text, userFile)]);
}

/** The registry of some files, later ones over earlier ones. */
function modelRegistry(files: readonly ModelFile[]): ModelRegistry {
  const providers = new Map<string, ModelFile["providers"][string]>();
  const entries = new Map<string, ModelFile["models"][number]>();
  for (const file of files) {
    for (const [name, fields] of Object.entries(file.providers)) {
      providers.set(name, { ...providers.get(name), ...fields });
    }
    for (const fields of file.models) entries.set(fields.id, { ...entries.get(fields.id), ...fields });
  }
  const all = [...entries.values()]
    .filter((entry) => entry.disabled !== true)
    .map((entry) => toModel(entry, providers))
    .filter((model) => model !== null);
  const models = all.filter((model) => model.name !== ANY_MODEL);
  const templates = all.filter((model) => model.name === ANY_MODEL);
  return {
    models,
    templates,
    find(id) {
      const known = models.find((model) => model.id === id);
      const template = templates.find((model) => id.startsWith(`${model.provider.name}/`));
      if (known !== undefined) return known;
      if (template !== undefined) return namedModel(template, id.slice(template.provider.name.length + 1));
      throw new AppError("not_found", `There is no model "${id.slice(0, 80)}". ${modelsLike(id, all)}`);
    },
  };
}

/** A model that a local server lists. */
export function namedModel(template: Model, name: string): Model {
  return { ...template, name, id: `${template.provider.name}/${name}` };
}

function toModel(
  entry: ModelFile["models"][number],
  providers: ReadonlyMap<string, ModelFile["providers"][string]>,
): Model | null {
  const [providerName = "", ...rest] = entry.id.split("/");
  const provider = providers.get(providerName);
  if (provider?.disabled === true) return null;
  if (provider?.base_url === undefined) {
    const message = `The model ${entry.id} belongs to a provider without base_url. Add providers.${providerName}.base_url to models.yaml.`;
    throw new AppError("invalid_input", message);
  }
  return {
    id: entry.id,
    name: entry.name ?? rest.join("/"),
    provider: {
      name: providerName,
      baseUrl: provider.base_url.replace(/\/+$/, ""),
      keyVariable: provider.key_variable ?? null,
      isLocal: provider.local ?? false,
      priceSource: provider.price_source ?? null,
      tokenFactor: provider.token_factor ?? 1,
      tokenErrorPercent: provider.token_error_percent ?? 25,
      countEndpoint: provider.count_endpoint ?? null,
      outputLimitParameter: provider.output_limit_parameter ?? "max_tokens",
    },
    tools: entry.tools ?? true,
    streaming: entry.streaming ?? true,
    audio: entry.audio ?? false,
    contextWindowTokens: entry.context_window_tokens ?? 8192,
    outputLimitTokens: entry.output_limit_tokens ?? null,
    tasks: entry.tasks ?? TASKS,
    quality: entry.quality ?? 1,
    encoding: entry.encoding ?? null,
    price: entry.price ?? null,
    parametersWithTools: entry.parameters_with_tools ?? {},
  };
}

function unreadable(path: string, cause: unknown): AppError {
  return new AppError(
    "invalid_input",
    `The model file ${basename(path)} cannot be read. Make it readable or remove it.`,
    {
      cause,
    },
  );
}

/** Those of the same provider where it has any, else the providers. */
function modelsLike(id: string, models: readonly Model[]): string {
  const ofProvider = models.filter(({ provider }) => id.startsWith(`${provider.name}/`)).map((model) => model.id);
  if (ofProvider.length > 0) return `There are: ${ofProvider.join(", ")}.`;
  const providers = [...new Set(models.map(({ provider }) => provider.name))].join(", ");
  return `Its name begins with its provider's, one of ${providers}; hark://models lists all.`;
}
