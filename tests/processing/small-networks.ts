/**
 * Small networks in the shape of each family of separation models: inputs and outputs as the real ones, hardly any weights. What they
 * compute is written again, with PyTorch, in tests/golden/separation/reference.py.
 */
import { type OnnxGraph, onnxFile } from "../models/onnx-file.ts";

const SEGMENT = 343_980;
const MDX_FRAMES = 32;

/** 0.3 sin(12.9898 (i + 1) + seed), for i = 0 to count - 1. */
function weights(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => 0.3 * Math.sin(12.9898 * (index + 1) + seed));
}

/** x · sigmoid(conv3×3(x)), over `[2][splits][512][1024]`. */
export function spleeterNetwork(seed: number): Buffer {
  const dims = [2, "splits", 512, 1024] as const;
  return onnxFile({
    inputs: [{ name: "x", dims }],
    outputs: [{ name: "y", dims }],
    constants: [{ name: "w", dims: [2, 2, 3, 3], values: weights(36, seed) }],
    nodes: [
      { op: "Transpose", inputs: ["x"], output: "t", attributes: { perm: [1, 0, 2, 3] } },
      { op: "Conv", inputs: ["t", "w"], output: "c", attributes: { pads: [1, 1, 1, 1] } },
      { op: "Sigmoid", inputs: ["c"], output: "m" },
      { op: "Mul", inputs: ["t", "m"], output: "p" },
      { op: "Transpose", inputs: ["p"], output: "y", attributes: { perm: [1, 0, 2, 3] } },
    ],
  });
}

/** tanh(conv9((x - mean) / (deviation + 1e-5))) · deviation + mean, mean and deviation over the segment: 4 stems of 2 channels. */
function waveBranch(seed: number): Pick<OnnxGraph, "constants" | "nodes"> {
  return {
    constants: [
      { name: "w", dims: [8, 2, 9], values: weights(144, seed) },
      { name: "least", dims: [1], values: Float32Array.of(1e-5) },
      { name: "shape", dims: [4], values: BigInt64Array.of(1n, 4n, 2n, BigInt(SEGMENT)) },
    ],
    nodes: [
      { op: "ReduceMean", inputs: ["mix"], output: "mean", attributes: { axes: [1, 2], keepdims: 1 } },
      { op: "Sub", inputs: ["mix", "mean"], output: "centred" },
      { op: "Mul", inputs: ["centred", "centred"], output: "squares" },
      { op: "ReduceMean", inputs: ["squares"], output: "variance", attributes: { axes: [1, 2], keepdims: 1 } },
      { op: "Sqrt", inputs: ["variance"], output: "deviation" },
      { op: "Add", inputs: ["deviation", "least"], output: "divisor" },
      { op: "Div", inputs: ["centred", "divisor"], output: "normal" },
      { op: "Conv", inputs: ["normal", "w"], output: "c", attributes: { pads: [4, 4] } },
      { op: "Tanh", inputs: ["c"], output: "h" },
      { op: "Mul", inputs: ["h", "deviation"], output: "scaled" },
      { op: "Add", inputs: ["scaled", "mean"], output: "shifted" },
      { op: "Reshape", inputs: ["shifted", "shape"], output: "stems" },
    ],
  };
}

export function waveformNetwork(seed: number): Buffer {
  return onnxFile({
    inputs: [{ name: "mix", dims: [1, 2, SEGMENT] }],
    outputs: [{ name: "stems", dims: [1, 4, 2, SEGMENT] }],
    ...waveBranch(seed),
  });
}

/** The waveform's branch, and tanh(conv3×3(spectrum)) for the spectrum's. */
export function hybridNetwork(seed: number): Buffer {
  const wave = waveBranch(seed);
  return onnxFile({
    inputs: [
      { name: "mix", dims: [1, 2, SEGMENT] },
      { name: "spectrum", dims: [1, 4, 2048, 336] },
    ],
    outputs: [
      { name: "spectra", dims: [1, 4, 4, 2048, 336] },
      { name: "stems", dims: [1, 4, 2, SEGMENT] },
    ],
    constants: [
      ...wave.constants,
      { name: "w2", dims: [16, 4, 3, 3], values: weights(576, seed + 1) },
      { name: "shape2", dims: [5], values: BigInt64Array.of(1n, 4n, 4n, 2048n, 336n) },
    ],
    nodes: [
      ...wave.nodes,
      { op: "Conv", inputs: ["spectrum", "w2"], output: "c2", attributes: { pads: [1, 1, 1, 1] } },
      { op: "Tanh", inputs: ["c2"], output: "h2" },
      { op: "Reshape", inputs: ["h2", "shape2"], output: "spectra" },
    ],
  });
}

/** x · sigmoid(conv3×3(x)) on `[1][4][2048][frame]`. */
export function mdxNetwork(seed: number): Buffer {
  const dims = ["batch", 4, 2048, MDX_FRAMES] as const;
  return onnxFile({
    inputs: [{ name: "input", dims }],
    outputs: [{ name: "output", dims }],
    constants: [{ name: "w", dims: [4, 4, 3, 3], values: weights(144, seed) }],
    nodes: [
      { op: "Conv", inputs: ["input", "w"], output: "c", attributes: { pads: [1, 1, 1, 1] } },
      { op: "Sigmoid", inputs: ["c"], output: "m" },
      { op: "Mul", inputs: ["input", "m"], output: "output" },
    ],
  });
}

/** Two channels of tones that swell and fade, and noise: the same, to the last bit but for the sines, in the reference. */
export function testMixture(length: number): Float32Array[] {
  let state = 1;
  const mixture = [new Float32Array(length), new Float32Array(length)];
  for (let n = 0; n < length; n++) {
    for (const [channel, samples] of mixture.entries()) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const noise = state / 2 ** 31 - 1;
      const swell = 0.5 + 0.5 * Math.sin((2 * Math.PI * n) / 90_001 + channel);
      const tone = Math.sin(0.0313 * n) + 0.5 * Math.sin(0.2 * n + channel) + 0.2 * Math.sin(1.1 * n);
      samples[n] = 0.02 + 0.2 * swell * tone + 0.05 * noise;
    }
  }
  return mixture;
}
