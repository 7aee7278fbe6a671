/** Beat This against a reference in numpy, around a small network: its real weights were not at hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { rhythm } from "../../src/agents/rhythm.ts";
import { beatThis } from "../../src/engines/beat-this.ts";
import { openBeatThisSpectrogram } from "../../src/engines/beat-this-spectrogram.ts";
import type { BeatTrack } from "../../src/features/beat-track.ts";
import { InferenceChild } from "../../src/models/inference-child.ts";
import { drums } from "../agents/rhythm-signals.ts";
import { extract } from "../features/extract.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { newFolder } from "../models/small-model.ts";
import { testMixture } from "../processing/small-networks.ts";
import { beatNetwork } from "./beat-network.ts";

const RATE = 22_050;
const BANDS = 128;
const numbers = z.array(z.number());
const GOLDEN = z
  .object({
    stride: z.number(),
    cases: z.record(
      z.string(),
      z.object({
        samples: z.number(),
        frames: z.number(),
        rows: z.record(z.string(), numbers),
        beat: numbers,
        downbeat: numbers,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "../golden/engines/reference.json"), "utf8")));
const CASES = Object.entries(GOLDEN.cases);
const signal = testMixture(Math.max(...CASES.map(([, { samples }]) => samples)))[0];

/** In pieces, as a decoder gives them. */
function* pieces(y: Float32Array, size = 10_007): Generator<Float32Array> {
  for (let start = 0; start < y.length; start += size) yield y.subarray(start, start + size);
}

async function openRun() {
  const path = join(newFolder(), "beat_this.onnx");
  writeFileSync(path, beatNetwork());
  const child = new InferenceChild();
  onTestFinished(() => child.close());
  const [session] = await child.load([path], new AbortController().signal);
  return beatThis.open(session);
}

/** What Hark itself would have found. */
const own = (frames: number): BeatTrack => ({
  beat: new Float32Array(frames),
  downbeat: new Float32Array(frames),
  onset: new Float32Array(frames).fill(0.25),
  change: new Float32Array(frames).fill(0.5),
  hopSeconds: 0.02,
  pulse: null,
  isOwn: true,
});

test("there are cases", () => expect(CASES.length).toBeGreaterThanOrEqual(3));

describe("the spectrogram of Beat This", () => {
  test.each(CASES)("agrees with the reference: %s", (_name, { samples, frames, rows }) => {
    const spectrogram = openBeatThisSpectrogram();
    const all: number[] = [];
    for (const piece of pieces(signal.subarray(0, samples))) all.push(...spectrogram.push(piece));
    all.push(...spectrogram.end());
    expect(all.length).toBe(frames * BANDS);
    for (const [frame, row] of Object.entries(rows)) {
      expect(row.length).toBe(BANDS);
      for (const [band, value] of row.entries())
        expect(Math.abs(all[Number(frame) * BANDS + band] - value), `${frame} ${band}`).toBeLessThan(2e-3);
    }
  });

  test("has no frames where there is too little to mirror", () => {
    const spectrogram = openBeatThisSpectrogram();
    expect(spectrogram.push(new Float32Array(512)).length + spectrogram.end().length).toBe(0);
  });
});

describe.skipIf(!hasOnnxRuntime)(`the engine beat_this${onnxNote}`, () => {
  test.each(CASES)("cuts and joins as the reference does: %s", async (_name, { samples, frames, beat, downbeat }) => {
    const run = await openRun();
    for (const piece of pieces(signal.subarray(0, samples))) await run.push(piece);
    const { beatTrack } = await run.finish({ beatTrack: own(frames) });
    expect(beat.length).toBe(Math.ceil(frames / GOLDEN.stride));
    for (const [index, logit] of beat.entries()) {
      const frame = index * GOLDEN.stride;
      expect(Math.abs(logitOf(beatTrack?.beat[frame]) - logit), `beat ${frame}`).toBeLessThan(1e-3);
      const other = logitOf(beatTrack?.downbeat[frame]);
      expect(Math.abs(other - downbeat[index]), `downbeat ${frame}`).toBeLessThan(1e-3);
    }
    expect(beatTrack).toMatchObject({ isOwn: false, hopSeconds: 0.02 });
    expect(beatTrack?.onset).toEqual(own(frames).onset);
  });

  test("says that the confidences of rhythm are not calibrated for it", async () => {
    const y = drums(110, 12, RATE);
    const frames = extract([y], RATE, rhythm.needs);
    const run = await openRun();
    await run.push(y);
    const replaced = await run.finish(frames);
    expect(rhythm.analyse({ ...frames, ...replaced }, {}).why_uncertain).toContain("not calibrated");
    expect(rhythm.analyse(frames, {}).why_uncertain ?? "").not.toContain("calibrated");
    expect(beatThis.notes.join()).toContain("not calibrated");
  });

  test("refuses another network", async () => {
    const session = { inputs: [{ name: "x", dims: [1, 80] }], outputs: [{ name: "y", dims: [1] }], provider: "cpu" };
    const never = () => Promise.reject(new Error("not run"));
    expect(() => beatThis.open({ ...session, run: never, scan: never })).toThrow("manifest");
  });
});

function logitOf(chance = Number.NaN): number {
  return Math.log(chance / (1 - chance));
}
