/** One network of a model, loaded into a process of its own for as long as an operation needs it. */
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { InferenceSession } from "../models/inference.ts";
import { InferenceChild } from "../models/inference-child.ts";
import type { FoundModel } from "../models/model-library.ts";

/**
 * Loads the model's only file (role `all`), runs `use`, and ends the process however that ends. @throws AppError as the runtime does.
 * @param options One thread is best for networks that take a frame at a time.
 */
export async function withNetwork<Value>(
  { manifest, paths }: FoundModel,
  signal: AbortSignal,
  use: (session: InferenceSession) => Promise<Value>,
  options: { readonly threads?: number } = {},
): Promise<Value> {
  const path = paths.get("all");
  if (path === undefined) {
    throw new AppError("unavailable", `The manifest of ${manifest.id} lacks a file with the role "all". Correct it.`);
  }
  const runtime = new InferenceChild(options);
  try {
    const [session] = await runtime.load([path], signal);
    return await use(session);
  } finally {
    await runtime.close();
  }
}

/** How a result names the model. */
export const MODEL = z.object({ id: z.string(), name: z.string(), licence: z.string(), licence_scope: z.string() });

export function describeModel({ manifest: { id, name, licence } }: FoundModel) {
  return { id, name, licence: licence.name, licence_scope: licence.scope };
}
