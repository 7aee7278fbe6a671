/** Which engine separates: the one that was asked for, else the best that this machine has and the licence policy allows. */
import { hasInferenceRuntime, runtimeMissing } from "../models/inference-child.ts";
import { installedModel } from "../models/installed-model.ts";
import type { FoundModel, ModelLibrary } from "../models/model-library.ts";
import type { SeparationEngine } from "./separation-engine.ts";

export type EngineName = SeparationEngine["name"];

/** Best first, by published figures (docs/models.md). */
const NETWORK_ENGINES = ["htdemucs_ft", "htdemucs", "mdx", "spleeter"] as const satisfies readonly EngineName[];

const CLASSIC_LIMITS =
  "The classic engine uses no model: it tells sounds apart by how they look, not by what they are. Expect strong bleed: a " +
  "lead instrument in the middle counts as vocals, wide vocals as other, ringing toms as bass.";

export interface SeparationChoice {
  readonly engine: EngineName;
  /** Null for the engine without one. */
  readonly model: FoundModel | null;
  readonly reason: string;
  /** What the user should know: limits, what was passed over and why, how to get better. */
  readonly notes: readonly string[];
}

/** The engine to use. @throws AppError for an engine that was named: as `installedModel`, and unavailable without the runtime. */
export async function chooseSeparation(
  wanted: EngineName | "auto",
  library: ModelLibrary | undefined,
): Promise<SeparationChoice> {
  if (wanted === "classic") return classic("It was asked for.", []);
  const models = (await library?.find("separate_stems")) ?? [];
  if (wanted === "auto") return automatic(models);
  const model = installedModel(models, { engine: wanted, otherwise: "use classic" });
  if (!hasInferenceRuntime()) throw runtimeMissing();
  return { engine: wanted, model, reason: "It was asked for.", notes: [] };
}

function automatic(models: readonly FoundModel[]): SeparationChoice {
  const passedOver: string[] = [];
  for (const engine of NETWORK_ENGINES) {
    const own = models.filter(({ manifest }) => manifest.engine === engine);
    const model = own.find(({ state }) => state === "installed");
    if (model !== undefined && hasInferenceRuntime()) {
      const reason = "It is the best engine that is installed and that the licence policy allows.";
      return { engine, model, reason, notes: passedOver };
    }
    if (model !== undefined) passedOver.push(`${model.manifest.name} was passed over: ONNX Runtime is not installed.`);
    else passedOver.push(...own.flatMap(whyPassedOver));
  }
  return classic("No separation model can be used on this machine.", [...passedOver, howToGetBetter(models)]);
}

function classic(reason: string, notes: readonly string[]): SeparationChoice {
  return { engine: "classic", model: null, reason, notes: [CLASSIC_LIMITS, ...notes] };
}

function whyPassedOver({ manifest, state }: FoundModel): string[] {
  const { name, licence } = manifest;
  if (state === "refused")
    return [`${name} was passed over: its licence (${licence.name}) is not among those allowed.`];
  if (state === "damaged") return [`${name} was passed over: a file of it has another size or hash than its manifest.`];
  return [];
}

function howToGetBetter(models: readonly FoundModel[]): string {
  const missing = models.filter(({ state }) => state === "missing").map(({ manifest }) => manifest.id);
  const names = missing.length === 0 ? "a separation model" : missing.join(" or ");
  return `For better stems get ${names} (hark models pull, docs/models.md) and install onnxruntime-node.`;
}
