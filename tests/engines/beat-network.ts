/** A small network in the shape of Beat This; tests/golden/engines/reference.py has the same in numpy. */
import { onnxFile } from "../models/onnx-file.ts";

const BANDS = 128;
const TAPS = 9;

/** 0.3 sin(12.9898 (i + 1) + seed), `[1][band][tap]`. */
function weights(seed: number): Float32Array {
  return Float32Array.from({ length: BANDS * TAPS }, (_, index) => 0.3 * Math.sin(12.9898 * (index + 1) + seed));
}

/** tanh(0.05 conv9(x)) + 0.25 (1 + seed) mean(x), for seed 0 (beats) and 1 (downbeats). */
export function beatNetwork(): Buffer {
  const branch = (name: string, seed: number) => ({
    constants: [
      { name: `w${seed}`, dims: [1, BANDS, TAPS], values: weights(seed) },
      { name: `g${seed}`, dims: [1], values: Float32Array.of(0.25 * (1 + seed)) },
    ],
    nodes: [
      { op: "Conv", inputs: ["t", `w${seed}`], output: `c${seed}`, attributes: { pads: [4, 4] } },
      { op: "ReduceMean", inputs: [`c${seed}`], output: `d${seed}`, attributes: { axes: [1], keepdims: 0 } },
      { op: "Mul", inputs: [`d${seed}`, "scale"], output: `e${seed}` },
      { op: "Tanh", inputs: [`e${seed}`], output: `f${seed}` },
      { op: "Mul", inputs: ["mean", `g${seed}`], output: `m${seed}` },
      { op: "Add", inputs: [`f${seed}`, `m${seed}`], output: name },
    ],
  });
  const [beat, downbeat] = [branch("beat", 0), branch("downbeat", 1)];
  return onnxFile({
    inputs: [{ name: "spectrogram", dims: [1, "frames", BANDS] }],
    outputs: [
      { name: "beat", dims: [1, "frames"] },
      { name: "downbeat", dims: [1, "frames"] },
    ],
    constants: [{ name: "scale", dims: [1], values: Float32Array.of(0.05) }, ...beat.constants, ...downbeat.constants],
    nodes: [
      { op: "Transpose", inputs: ["spectrogram"], output: "t", attributes: { perm: [0, 2, 1] } },
      { op: "ReduceMean", inputs: ["spectrogram"], output: "mean3", attributes: { axes: [2], keepdims: 0 } },
      { op: "ReduceMean", inputs: ["mean3"], output: "mean", attributes: { axes: [1], keepdims: 1 } },
      ...beat.nodes,
      ...downbeat.nodes,
    ],
  });
}
