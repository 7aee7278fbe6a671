/** The engines that run networks against PyTorch, on small networks in the shape of each family, through the real runtime. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { InferenceChild } from "../../src/models/inference-child.ts";
import { htdemucsEngine, htdemucsFtEngine } from "../../src/processing/htdemucs-engine.ts";
import { mdxEngine } from "../../src/processing/mdx-engine.ts";
import type { LoadNetworks } from "../../src/processing/network-stems.ts";
import type { SeparationEngine } from "../../src/processing/separation-engine.ts";
import { spleeterEngine } from "../../src/processing/spleeter-engine.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { separateAll } from "./separate-all.ts";
import { hybridNetwork, mdxNetwork, spleeterNetwork, testMixture, waveformNetwork } from "./small-networks.ts";

const STEM_ROLES = ["vocals", "drums", "bass", "other"];
const DEMUCS_ROLES = ["drums", "bass", "other", "vocals"];

interface Family {
  readonly engine: (load: LoadNetworks) => SeparationEngine;
  readonly files: ReadonlyMap<string, Buffer>;
}

function oneForEach(roles: readonly string[], make: (seed: number) => Buffer): Map<string, Buffer> {
  return new Map(roles.map((role, seed) => [role, make(seed)]));
}

const FAMILIES: Readonly<Record<string, Family>> = {
  spleeter: { engine: spleeterEngine, files: oneForEach(STEM_ROLES, spleeterNetwork) },
  htdemucs_waveform: { engine: htdemucsEngine, files: new Map([["all", waveformNetwork(0)]]) },
  htdemucs_hybrid: { engine: htdemucsEngine, files: new Map([["all", hybridNetwork(0)]]) },
  htdemucs_ft: { engine: htdemucsFtEngine, files: oneForEach(DEMUCS_ROLES, waveformNetwork) },
  mdx: { engine: mdxEngine, files: oneForEach(STEM_ROLES, mdxNetwork) },
};

const golden = z
  .object({
    stride: z.number(),
    cases: z.array(z.object({ family: z.string(), length: z.number(), stems: z.record(z.string(), z.string()) })),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "..", "golden", "separation", "reference.json"), "utf8")));

/** `[channel · sample]` of every stride-th sample. */
function stored(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  return new Float32Array(bytes.buffer);
}

test("has golden data for every family", () => {
  expect(new Set(golden.cases.map(({ family }) => family))).toEqual(new Set(Object.keys(FAMILIES)));
});

describe.skipIf(!hasOnnxRuntime)(`with networks in the shape of each family${onnxNote}`, () => {
  const child = new InferenceChild();
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hark-networks-"));
  });
  afterAll(async () => {
    await child.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function loader(family: string): LoadNetworks {
    return (roles) => {
      const paths = roles.map((role) => {
        const path = join(folder, `${family}-${role}.onnx`);
        writeFileSync(path, FAMILIES[family].files.get(role) ?? "");
        return path;
      });
      return child.load(paths, new AbortController().signal);
    };
  }

  test.each(golden.cases)("$family agrees with the reference on $length samples", async ({ family, length, stems }) => {
    const mixture = testMixture(length);
    const separated = await separateAll(FAMILIES[family].engine(loader(family)), mixture, 44_100);
    expect(Object.keys(stems)).toHaveLength(4);
    for (const [name, text] of Object.entries(stems)) {
      const expected = stored(text);
      const found = separated.get(name)?.flatMap((y) => [...y.filter((_, n) => n % golden.stride === 0)]) ?? [];
      expect(found).toHaveLength(expected.length);
      const worst = found.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index])), 0);
      expect(worst).toBeLessThan(1e-5);
      // A silent stem would agree with anything small.
      expect(Math.max(...expected)).toBeGreaterThan(0.01);
    }
  });

  test("spleeter's stems add up to the mixture", async () => {
    const mixture = testMixture(600_000);
    const separated = await separateAll(spleeterEngine(loader("spleeter")), mixture, 44_100);
    let worst = 0;
    for (const [channel, samples] of mixture.entries()) {
      for (let n = 0; n < samples.length; n++) {
        let sum = 0;
        for (const stem of separated.values()) sum += stem[channel][n];
        worst = Math.max(worst, Math.abs(sum - samples[n]));
      }
    }
    expect(worst).toBeLessThan(1e-4);
  });

  test("refuses a network of another family", async () => {
    const run = separateAll(spleeterEngine(loader("htdemucs_waveform")), testMixture(1000), 44_100);
    await expect(run).rejects.toMatchObject({ kind: "internal" });
  });
});
