/**
 * The process that runs networks with ONNX Runtime. It is a process of its own because a run blocks its event loop, and because
 * only a process can be killed in the middle of one: ending a worker thread then aborts the whole server.
 */
import type * as Onnx from "onnxruntime-node";
import type { Tensor, TensorInfo } from "./inference.ts";
import type { InferenceReply, InferenceRequest, LoadedNetwork } from "./inference-message.ts";
import { stepAt, stepCount } from "./sequence-steps.ts";

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
  if (request.type === "load") return load(runtime, request);
  return request.type === "run" ? run(runtime, request) : scan(runtime, request);
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

async function run(runtime: typeof Onnx, { id, network, feeds, outputs }: Request<"run">): Promise<InferenceReply> {
  const session = sessionOf(network);
  const ran = await session.run(inputsOf(runtime, session, feeds), outputs);
  return { id, type: "ran", tensors: mapValues(ran, tensorOf) };
}

async function scan(runtime: typeof Onnx, { id, network, sequence }: Request<"scan">): Promise<InferenceReply> {
  const session = sessionOf(network);
  const { steps, constants, state } = sequence;
  const fixed = inputsOf(runtime, session, constants);
  const collected: Record<string, { data: Float32Array<ArrayBuffer>; dims: readonly number[] }> = {};
  let held = inputsOf(runtime, session, sequence.initial);
  const count = stepCount(sequence);
  for (let step = 0; step < count; step++) {
    const one = inputsOf(
      runtime,
      session,
      mapValues(steps, (tensor) => stepAt(tensor, step)),
    );
    const outputs = await session.run({ ...fixed, ...held, ...one });
    held = mapValues(state, (output) => outputs[output]);
    for (const [name, output] of Object.entries(outputs)) {
      if (Object.values(state).includes(name)) continue;
      const { data, dims } = tensorOf(output, name);
      collected[name] ??= { data: new Float32Array(count * data.length), dims: [count, ...dims] };
      collected[name].data.set(data, step * data.length);
    }
  }
  return { id, type: "scanned", outputs: collected, state: mapValues(held, tensorOf) };
}

function sessionOf(network: number): Onnx.InferenceSession {
  const session = sessions[network];
  if (session === undefined) throw new Error("The network is not loaded.");
  return session;
}

function inputsOf(
  runtime: typeof Onnx,
  session: Onnx.InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
): Record<string, Onnx.Tensor> {
  return mapValues(feeds, ({ data, dims }, name) => {
    const isInteger = session.inputMetadata.some(
      (input) => input.name === name && input.isTensor && input.type === "int64",
    );
    if (isInteger) return new runtime.Tensor("int64", BigInt64Array.from(data, BigInt), dims);
    return new runtime.Tensor("float32", data, dims);
  });
}

function tensorOf({ data, dims }: Onnx.Tensor, name: string): Tensor {
  if (!(data instanceof Float32Array)) throw new Error(`The output ${name} is not of float32.`);
  return { data, dims: [...dims] };
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, name: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

function infoOf(metadata: Onnx.InferenceSession.ValueMetadata): TensorInfo {
  const shape = metadata.isTensor ? metadata.shape : [];
  return { name: metadata.name, dims: shape.map((size) => (typeof size === "number" && size > 0 ? size : null)) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
