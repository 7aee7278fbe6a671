/** A model as tools show it. */
import { z } from "zod";
import type { ListedModel } from "../models/model-service.ts";

export const MODEL_VIEW = z.object({
  model_id: z.string(),
  name: z.string(),
  task: z.string(),
  engine: z.string(),
  state: z.enum(["installed", "missing", "damaged", "refused", "downloading"]),
  why: z.string().nullable().describe("Why it cannot be used, and what to do"),
  licence: z.object({ name: z.string(), scope: z.string(), note: z.string(), source: z.string() }),
  size_bytes: z.number(),
  downloaded_bytes: z.number().nullable(),
  cpu_seconds_per_audio_second: z.number().nullable(),
  peak_memory_bytes: z.number().nullable(),
  quality: z.string(),
});

export function modelView({ manifest, state, why, bytes, downloadedBytes }: ListedModel): z.input<typeof MODEL_VIEW> {
  const { id, name, task, engine, licence, cost, quality } = manifest;
  return {
    model_id: id,
    name,
    task,
    engine,
    state,
    why,
    licence,
    size_bytes: bytes,
    downloaded_bytes: downloadedBytes,
    ...cost,
    quality,
  };
}

/** Bytes as people say them. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** What somebody has to know before a model is downloaded. */
export function offerOf({ manifest, bytes }: ListedModel): string {
  const { name, licence } = manifest;
  const note = licence.note === "" ? "" : ` ${licence.note}`;
  return `${name}: ${megabytes(bytes)} to download; licence of the weights: ${licence.name} (${licence.source}).${note}`;
}
