/**
 * Packs the weights of the beat network, as training/export.py writes them (training/weights.json and weights.bin), into
 * src/features/beat-network.ts: a module, so that it is found alike from sources, from dist/ and in worker threads. 16 bits a weight. With
 * --check it fails on a difference.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { z } from "zod";
import { BEAT_SPECTRUM } from "../src/features/beat-spectrogram.ts";
import { HEAD_CHANNELS, type PackedNetwork } from "../src/features/network-weights.ts";
import { writeGenerated } from "./generated-file.ts";

const FOLDER =
  argv.slice(2).find((argument) => !argument.startsWith("--")) ?? join(import.meta.dirname, "..", "training");

const TARGET = "src/features/beat-network.ts";

const tensor = z.object({ offset: z.number().int(), shape: z.array(z.number().int()) });
const exportSchema = z.object({
  /** Of the front end: what src/features/beat-spectrogram.ts computes. */
  sampleRate: z.literal(BEAT_SPECTRUM.sampleRate),
  nFft: z.literal(BEAT_SPECTRUM.nFft),
  hop: z.literal(BEAT_SPECTRUM.hopLength),
  bands: z.literal(BEAT_SPECTRUM.bands),
  minHz: z.literal(BEAT_SPECTRUM.minHz),
  maxHz: z.literal(BEAT_SPECTRUM.maxHz),
  gain: z.literal(BEAT_SPECTRUM.gain),
  layers: z.array(
    z.object({
      type: z.enum(["conv", "depthwise", "pointwise"]),
      inChannels: z.number().int(),
      outChannels: z.number().int(),
      kernel: z.number().int(),
      dilation: z.number().int(),
      activation: z.enum(["relu", "sigmoid"]),
      residual: z.enum(["none", "start", "end"]),
      weight: tensor,
      bias: tensor,
    }),
  ),
});
type Layer = z.output<typeof exportSchema>["layers"][number];
type PackedBlock = PackedNetwork["blocks"][number];
type PackedLayer = PackedBlock["layers"][number];

const { layers } = exportSchema.parse(JSON.parse(readFileSync(join(FOLDER, "weights.json"), "utf8")));
const file = readFileSync(join(FOLDER, "weights.bin"));
const floats = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
const integers: number[] = [];

/** The values at a place of the file; index gives where the value for `[tap][in][out]` stands, null for padding. */
function packed(count: number, indexOf: (n: number) => number | null): number {
  const values = Array.from({ length: count }, (_, n) => {
    const index = indexOf(n);
    return index === null ? 0 : floats[index];
  });
  const scale = Math.max(...values.map(Math.abs), 1e-12) / 32_767;
  integers.push(...values.map((value) => Math.round(value / scale)));
  return scale;
}

/** A layer with its weights as `[tap][in][out]`, the head's outputs filled up with zeros. */
function packedLayer({
  type,
  inChannels,
  outChannels,
  kernel,
  dilation,
  activation,
  weight,
  bias,
}: Layer): PackedLayer {
  const isHead = activation === "sigmoid";
  const outs = isHead ? HEAD_CHANNELS : outChannels;
  const inputs = type === "depthwise" ? 1 : inChannels;
  const weightScale = packed(kernel * inputs * outs, (n) => {
    const [out, input, tap] = [n % outs, Math.floor(n / outs) % inputs, Math.floor(n / outs / inputs)];
    return out < outChannels ? weight.offset + (out * inputs + input) * kernel + tap : null;
  });
  const biasScale = packed(outs, (out) => (out < outChannels ? bias.offset + out : null));
  const kind = type === "depthwise" ? "depthwise" : "full";
  return { kind, inChannels, outChannels: outs, taps: kernel, dilation, rectified: !isHead, weightScale, biasScale };
}

const blocks: { residual: boolean; layers: PackedLayer[] }[] = [];
let isInside = false;
for (const layer of layers) {
  if (!isInside) blocks.push({ residual: layer.residual === "start", layers: [] });
  blocks[blocks.length - 1].layers.push(packedLayer(layer));
  if (layer.residual !== "none") isInside = layer.residual === "start";
}

const values = Buffer.from(Int16Array.from(integers).buffer).toString("base64");
const content = `/** The beat network, base64. Made from training/weights.json and weights.bin by scripts/network.ts. */
import type { PackedNetwork } from "./network-weights.ts";

export const BEAT_NETWORK: PackedNetwork = ${JSON.stringify({ blocks, values } satisfies PackedNetwork)};
`;
const biome = join(import.meta.dirname, "..", "node_modules", ".bin", "biome");
const formatted = execFileSync(biome, ["format", `--stdin-file-path=${TARGET}`], { input: content });
writeGenerated(TARGET, formatted);
