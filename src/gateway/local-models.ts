/** Which models the local servers have at the moment. A server that does not run has none. */
import { z } from "zod";
import type { Model } from "./model.ts";
import { namedModel } from "./model-registry.ts";

const TIMEOUT_MS = 500;
const KEPT_MS = 30_000;

const listing = z.object({ data: z.array(z.object({ id: z.string() })) });

export type ListLocalModels = () => Promise<readonly Model[]>;

/** Asks every local server for its models, at most twice a minute. */
export function localModels(templates: readonly Model[]): ListLocalModels {
  let known: Promise<readonly Model[]> = Promise.resolve([]);
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - askedAt > KEPT_MS) {
      askedAt = performance.now();
      known = Promise.all(templates.map(modelsOf)).then((models) => models.flat());
    }
    return known;
  };
}

async function modelsOf(template: Model): Promise<Model[]> {
  try {
    const url = `${template.provider.baseUrl}/models`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) return [];
    const { data } = listing.parse(await response.json());
    return data.map(({ id }) => namedModel(template, id));
  } catch {
    return [];
  }
}
