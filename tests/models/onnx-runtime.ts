/** Whether this machine has ONNX Runtime: what needs it is skipped without. */
import { hasInferenceRuntime } from "../../src/models/inference-child.ts";

export const hasOnnxRuntime = hasInferenceRuntime();
export const onnxNote = hasOnnxRuntime ? "" : " (skipped: onnxruntime-node is not installed)";
