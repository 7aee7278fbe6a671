/** docs/models.md says of every model what its manifest says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ModelManifest, readManifests } from "../../src/models/manifest.ts";
import { OWN_MANIFESTS } from "../../src/models/model-library.ts";
import { megabytes } from "../../src/tools/model-view.ts";

const LINES = readFileSync(join(import.meta.dirname, "../../docs/models.md"), "utf8").split("\n");

function rowOf({ id, task, licence, files, cost, quality }: ModelManifest): string {
  const cpu = cost.cpu_seconds_per_audio_second ?? "not measured";
  const memory = cost.peak_memory_bytes === null ? "not measured" : megabytes(cost.peak_memory_bytes);
  const disk = megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0));
  return `| ${[`\`${id}\``, `\`${task}\``, licence.name, disk, cpu, memory, quality].join(" | ")} |`;
}

test("the table of models has a row for each manifest, with its licence, cost and quality", async () => {
  const { manifests } = await readManifests(OWN_MANIFESTS);
  expect(manifests.length).toBeGreaterThan(10);
  for (const manifest of manifests) expect(LINES).toContain(rowOf(manifest));
  const documented = LINES.flatMap(
    (line) => /^\| `([a-z0-9._-]+)` \| `[a-z_]+` \|(?: [^|]* \|){5}$/.exec(line)?.[1] ?? [],
  );
  expect(documented.sort()).toEqual(manifests.map(({ id }) => id).sort());
});
