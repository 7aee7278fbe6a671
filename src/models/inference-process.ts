/**
 * The process that runs networks with ONNX Runtime. It is a process of its own because a run blocks its event loop, and because
 * only a process can be killed in the middle of one: ending a worker thread then aborts the whole server.
 */
import type * as Onnx from "onnxruntime-node";
import type { Tensor, TensorInfo } from "./inference.ts";
import type { InferenceReply, InferenceRequest, LoadedNetwork } from "./inference-message.ts";

/** Tried in this order; one that this machine or this build of the runtime lacks fails at once, and is not tried again. */
const PROVIDERS = ["cuda", "webgpu", "cpu"] as const;

type Request<Type> = Extract<InferenceRequest, { type: Type }>;

const failed = new Set<string>();
let sessions: readonly Onnx.InferenceSession[] = [];

process.on("message", (message: InferenceRequest) => {
  answer(message)
    .catch((error: unknown): InferenceReply => ({ id: message.id, type: "failed", message: textOf(error) }))
    .then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit(0));

async function answer(request: InferenceRequest): Promise<InferenceReply> {
  const runtime = await import("onnxruntime-node").catch(() => null);
  if (runtime === null) return { id: request.id, type: "missing" };
  return request.type === "load" ? load(runtime, request) : run(runtime, request);
}

async function load(runtime: typeof Onnx, { id, paths, threads }: Request<"load">): Promise<InferenceReply> {
  const before = sessions;
  sessions = [];
  for (const session of before) await session.release();
  const opened: { session: Onnx.InferenceSession; provider: string }[] = [];
  for (const path of paths) opened.push(await open(runtime, path, threads));
  sessions = opened.map(({ session }) => session);
  const networks = opened.map(
    ({ session, provider }): LoadedNetwork => ({
      inputs: session.inputMetadata.map(infoOf),
      outputs: session.outputMetadata.map(infoOf),
      provider,
    }),
  );
  return { id, type: "loaded", networks };
}

async function open(runtime: typeof Onnx, path: string, threads: number) {
  for (const provider of PROVIDERS) {
    if (failed.has(provider)) continue;
    try {
      const session = await runtime.InferenceSession.create(path, {
        executionProviders: [provider],
        intraOpNumThreads: threads,
        // The arena keeps what the largest run took: a gigabyte for the largest networks.
        enableCpuMemArena: false,
        logSeverityLevel: 3,
      });
      return { session, provider };
    } catch (error) {
      if (provider === "cpu") throw error;
      failed.add(provider);
    }
  }
  throw new Error("No provider is left.");
}

async function run(runtime: typeof Onnx, { id, network, feeds }: Request<"run">): Promise<InferenceReply> {
  const session = sessions[network];
  if (session === undefined) throw new Error("The network is not loaded.");
  const inputs = Object.entries(feeds).map(([name, { data, dims }]) => {
    const isInteger = session.inputMetadata.some(
      (input) => input.name === name && input.isTensor && input.type === "int64",
    );
    if (isInteger) return [name, new runtime.Tensor("int64", BigInt64Array.from(data, BigInt), dims)] as const;
    return [name, new runtime.Tensor("float32", data, dims)] as const;
  });
  const outputs = await session.run(Object.fromEntries(inputs));
  const tensors = Object.entries(outputs).map(([name, { data, dims }]): [string, Tensor] => {
    if (!(data instanceof Float32Array)) throw new Error(`The output ${name} is not of float32.`);
    return [name, { data, dims: [...dims] }];
  });
  return { id, type: "ran", tensors: Object.fromEntries(tensors) };
}

function infoOf(metadata: Onnx.InferenceSession.ValueMetadata): TensorInfo {
  const shape = metadata.isTensor ? metadata.shape : [];
  return { name: metadata.name, dims: shape.map((size) => (typeof size === "number" && size > 0 ? size : null)) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
