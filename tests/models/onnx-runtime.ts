/** Whether this machine has ONNX Runtime: without it, what needs it is skipped, except in CI on a platform that it is made for. */
import { createRequire } from "node:module";

export const hasOnnxRuntime = isResolved();
export const onnxNote = hasOnnxRuntime ? "" : " (skipped: onnxruntime-node is not installed)";

function isResolved(): boolean {
  try {
    createRequire(import.meta.url).resolve("onnxruntime-node");
    return true;
  } catch {
    return false;
  }
}
