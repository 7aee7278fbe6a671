/** The model of an engine that was asked for by name. */
import { AppError } from "../errors.ts";
import { requireAllowed } from "./licence-policy.ts";
import type { FoundModel } from "./model-library.ts";

interface Wanted {
  /** What its manifest names. */
  readonly engine: string;
  /** What the caller may do without it: "use energy"; null where there is nothing. */
  readonly otherwise: string | null;
}

/**
 * The first model of the engine that is installed. @param models Those of the task. @throws AppError forbidden where the licence policy
 * does not cover it, unavailable where it is missing or damaged; it says how to get it.
 */
export function installedModel(models: readonly FoundModel[], { engine, otherwise }: Wanted): FoundModel {
  const own = models.filter(({ manifest }) => manifest.engine === engine);
  const model = own.find(({ state }) => state === "installed");
  if (model !== undefined) return model;
  const usable = own.filter(({ state }) => state !== "refused");
  const [refused] = own;
  if (usable.length === 0 && refused !== undefined) requireAllowed(refused, models);
  const way = otherwise === null ? "" : `, or ${otherwise}`;
  const [first] = usable;
  if (first === undefined) {
    const message = `No model for the engine ${engine} is known. Put its manifest and files into HARK_MODELS_DIR (docs/models.md)${way}.`;
    throw new AppError("unavailable", message);
  }
  const nearest = usable.find(({ state }) => state === "damaged") ?? first;
  throw notInstalled(nearest, way);
}

/** Why a model that is missing or damaged cannot be used. @param way What else there is, as the end of a sentence. */
function notInstalled({ manifest: { id }, state }: FoundModel, way: string): AppError {
  const what = state === "damaged" ? "damaged: a file has another size or SHA-256 than its manifest says" : state;
  return new AppError(
    "unavailable",
    `The model ${id} is ${what}. Get it with \`hark models pull ${id}\` (docs/models.md)${way}.`,
  );
}
