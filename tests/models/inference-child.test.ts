import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { Tensor } from "../../src/models/inference.ts";
import { InferenceChild } from "../../src/models/inference-child.ts";
import { onnxFile } from "./onnx-file.ts";
import { hasOnnxRuntime, onnxNote } from "./onnx-runtime.ts";

const folder = mkdtempSync(join(tmpdir(), "hark-inference-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = new AbortController().signal;

function write(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** y = x · factor, on a vector of any length. */
function gain(factor: number): string {
  return write(
    `gain${factor}.onnx`,
    onnxFile({
      inputs: [{ name: "x", dims: ["n"] }],
      outputs: [{ name: "y", dims: ["n"] }],
      constants: [{ name: "g", dims: [1], values: Float32Array.of(factor) }],
      nodes: [{ op: "Mul", inputs: ["x", "g"], output: "y" }],
    }),
  );
}

/** A leaky sum: s' = s · g + x, and y = s' · k with a constant input k. */
function leakySum(factor: number): string {
  return write(
    "leaky.onnx",
    onnxFile({
      inputs: ["x", "s", "k"].map((name) => ({ name, dims: [1, 2] })),
      outputs: ["y", "next"].map((name) => ({ name, dims: [1, 2] })),
      constants: [{ name: "g", dims: [1], values: Float32Array.of(factor) }],
      nodes: [
        { op: "Mul", inputs: ["s", "g"], output: "leaked" },
        { op: "Add", inputs: ["leaked", "x"], output: "next" },
        { op: "Mul", inputs: ["next", "k"], output: "y" },
      ],
    }),
  );
}

/** Squares a matrix so often that it takes many seconds. */
function slowNetwork(): { path: string; input: Tensor } {
  const size = 1200;
  const dims = [size, size];
  const nodes = Array.from({ length: 400 }, (_, index) => ({
    op: "MatMul",
    inputs: [`x${index}`, `x${index}`],
    output: `x${index + 1}`,
  }));
  const graph = { inputs: [{ name: "x0", dims }], outputs: [{ name: "x400", dims }], constants: [], nodes };
  return { path: write("slow.onnx", onnxFile(graph)), input: { data: new Float32Array(size * size), dims } };
}

function open(...args: ConstructorParameters<typeof InferenceChild>): InferenceChild {
  const child = new InferenceChild(...args);
  onTestFinished(() => child.close());
  return child;
}

function vector(...values: number[]): Tensor {
  return { data: Float32Array.from(values), dims: [values.length] };
}

async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 40; attempt++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(50);
  }
  return false;
}

describe.skipIf(!hasOnnxRuntime)(`inference in a process of its own${onnxNote}`, () => {
  test("loads networks, says what they take and give, and runs them", async () => {
    const [twice, thrice] = await open().load([gain(2), gain(3)], never);
    expect(twice.inputs).toEqual([{ name: "x", dims: [null] }]);
    expect(twice.outputs).toEqual([{ name: "y", dims: [null] }]);
    expect(["cpu", "cuda", "webgpu"]).toContain(twice.provider);
    expect([...(await twice.run({ x: vector(1, 2) })).y.data]).toEqual([2, 4]);
    expect([...(await thrice.run({ x: vector(1, 2) })).y.data]).toEqual([3, 6]);
  });

  test("runs a recurrent network over a sequence of more than one message, and goes on from its state", async () => {
    const [session] = await open().load([leakySum(0.5)], never);
    const count = 600;
    const x = Float32Array.from({ length: 2 * count }, (_, index) => Math.sin(index));
    const sequence = {
      constants: { k: { data: Float32Array.of(10, 20), dims: [1, 2] } },
      state: { s: "next" },
      initial: { s: { data: Float32Array.of(4, -4), dims: [1, 2] } },
    };
    const steps = (from: number, to: number) => ({
      x: { data: x.subarray(2 * from, 2 * to), dims: [to - from, 1, 2] },
    });
    const { outputs, state } = await session.scan({ ...sequence, steps: steps(0, count) });
    expect(Object.keys(outputs)).toEqual(["y"]);
    expect(outputs.y.dims).toEqual([count, 1, 2]);
    let [left, right] = [4, -4];
    for (let step = 0; step < count; step++) {
      [left, right] = [left / 2 + x[2 * step], right / 2 + x[2 * step + 1]];
      expect(outputs.y.data[2 * step]).toBeCloseTo(10 * left, 4);
      expect(outputs.y.data[2 * step + 1]).toBeCloseTo(20 * right, 4);
    }
    expect(state.s.dims).toEqual([1, 2]);
    expect(state.s.data[0]).toBeCloseTo(left, 4);
    const first = await session.scan({ ...sequence, steps: steps(0, 301) });
    const second = await session.scan({ ...sequence, steps: steps(301, count), initial: first.state });
    expect([...first.outputs.y.data, ...second.outputs.y.data]).toEqual([...outputs.y.data]);
    const none = await session.scan({ ...sequence, steps: steps(0, 0) });
    expect(none).toEqual({ outputs: {}, state: sequence.initial });
  });

  test("holds one model at a time: the sessions of the one before are of no use", async () => {
    const child = open();
    const [before] = await child.load([gain(2)], never);
    await child.load([gain(3)], never);
    await expect(before.run({ x: vector(1) })).rejects.toMatchObject({ kind: "internal" });
  });

  test("kills the process in the middle of a run when it is cancelled, and starts another for the next model", async () => {
    const child = open();
    const { path, input } = slowNetwork();
    const stopping = new AbortController();
    const [session] = await child.load([path], stopping.signal);
    const pid = child.pid ?? 0;
    const run = session.run({ x0: input });
    const outcome = expect(run).rejects.toMatchObject({ kind: "cancelled" });
    await sleep(300);
    const startedAt = performance.now();
    stopping.abort();
    await outcome;
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(await isGone(pid)).toBe(true);
    const [next] = await child.load([gain(2)], never);
    expect([...(await next.run({ x: vector(4) })).y.data]).toEqual([8]);
  });

  test("ends when it is idle, and says so to a session that comes too late", async () => {
    const child = open({ idleMs: 100 });
    const [session] = await child.load([gain(2)], never);
    const pid = child.pid ?? 0;
    expect(await isGone(pid)).toBe(true);
    expect(child.pid).toBeNull();
    await expect(session.run({ x: vector(1) })).rejects.toMatchObject({ kind: "internal" });
  });

  test.skipIf(process.platform !== "linux")("is killed above its memory limit", async () => {
    const child = open({ memoryLimitBytes: 1e6 });
    const { path, input } = slowNetwork();
    const run = child.load([path], never).then(([session]) => session.run({ x0: input }));
    await expect(run).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining("memory") });
  });

  test("says that a file is no network, without its path", async () => {
    const path = write("damaged.onnx", Buffer.from("no network"));
    const error = await open()
      .load([path], never)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: "internal" });
    expect(String(error)).not.toContain(folder);
  });

  test("does nothing for a signal that is aborted already", async () => {
    const child = open();
    await expect(child.load([gain(2)], AbortSignal.abort())).rejects.toMatchObject({ kind: "cancelled" });
    expect(child.pid).toBeNull();
  });
});
