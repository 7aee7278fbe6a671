/** Loudness and faults of recordings with known truth, where the development set is there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { loudness } from "../../src/agents/loudness.ts";
import { quality } from "../../src/agents/quality.ts";
import { wasmDecoder } from "../../src/audio/wasm-decoder.ts";
import { decodeAll, openSource } from "../audio/audio-files.ts";
import { extract } from "../features/extract.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/devset");
const isThere = existsSync(join(FOLDER, "manifest.json"));
const note = isThere ? "" : " (skipped: no development set)";
/** How far the ends of a silence may be from their place. */
const TOLERANCE_SECONDS = 0.05;

const itemSchema = z.object({
  file: z.string(),
  kind: z.string(),
  expected: z.record(z.string(), z.number()).optional(),
  tolerance: z.union([z.number(), z.tuple([z.number(), z.number()])]).optional(),
  silences: z.array(z.tuple([z.number(), z.number()])).optional(),
  clipping: z.boolean().optional(),
});

function itemsOf(kind: string) {
  const { items } = JSON.parse(readFileSync(join(FOLDER, "manifest.json"), "utf8")) as { items: unknown[] };
  return items
    .filter((item) => typeof item === "object" && item !== null && "kind" in item && item.kind === kind)
    .map((item) => itemSchema.parse(item));
}

const decode = (file: string) => decodeAll(wasmDecoder, openSource(join(FOLDER, file)));

test.skipIf(!isThere)(`loudness is within the tolerance of every file of its kind${note}`, async () => {
  const items = itemsOf("loudness");
  expect(items.length).toBeGreaterThan(0);
  for (const { file, expected, tolerance = 0.1 } of items) {
    const { channels, sampleRate } = await decode(file);
    const result = loudness.analyse(extract(channels, sampleRate, loudness.needs), {});
    const measured: Record<string, number | null> = {
      integrated: result.integrated_lufs,
      lra: result.loudness_range_lu,
      true_peak: result.true_peak_dbtp,
    };
    const [below, above] = typeof tolerance === "number" ? [-tolerance, tolerance] : tolerance;
    for (const [level, truth] of Object.entries(expected ?? {})) {
      const difference = (measured[level] ?? Number.NaN) - truth;
      expect(difference, `${file} ${level}`).toBeGreaterThanOrEqual(below);
      expect(difference, `${file} ${level}`).toBeLessThanOrEqual(above);
    }
  }
});

test.skipIf(!isThere)(`silences and clipping are found where they are, and nowhere else${note}`, async () => {
  const items = itemsOf("defect");
  expect(items.length).toBeGreaterThan(0);
  for (const { file, silences, clipping } of items) {
    const { channels, sampleRate } = await decode(file);
    const { findings } = quality.analyse(extract(channels, sampleRate, quality.needs), {});
    expect(
      findings.some(({ kind }) => kind === "clipping"),
      file,
    ).toBe(clipping);
    if (silences === undefined) continue;
    const found = findings.filter(({ kind }) => kind === "silence");
    expect(found.length, file).toBe(silences.length);
    for (const [index, [start, end]] of silences.entries()) {
      expect(Math.abs(found[index].start_seconds - start), file).toBeLessThanOrEqual(TOLERANCE_SECONDS);
      expect(Math.abs(found[index].end_seconds - end), file).toBeLessThanOrEqual(TOLERANCE_SECONDS);
    }
  }
});
