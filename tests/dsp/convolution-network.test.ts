import { describe, expect, test } from "vitest";
import {
  type ConvolutionBlock,
  type ConvolutionLayer,
  openConvolutionNetwork,
} from "../../src/dsp/convolution-network.ts";
import { openKernel } from "../../src/dsp/kernel/kernel.ts";
import { noise } from "../fixtures/signals.ts";
import { referenceNetwork } from "./reference/convolution.ts";

const MAX_FRAMES = 64;

function layer(
  kind: ConvolutionLayer["kind"],
  inChannels: number,
  outChannels: number,
  taps: number,
  dilation: number,
  rectified = true,
): ConvolutionLayer {
  const count = kind === "full" ? taps * inChannels * outChannels : taps * outChannels;
  const weights = noise(count, count + dilation, 1 / Math.sqrt(kind === "full" ? taps * inChannels : taps));
  return { kind, inChannels, outChannels, taps, dilation, rectified, weights, bias: noise(outChannels, dilation, 0.2) };
}

const NETWORK: readonly ConvolutionBlock[] = [
  { layers: [layer("full", 12, 16, 3, 1)], residual: false },
  { layers: [layer("full", 16, 16, 3, 2)], residual: true },
  { layers: [layer("depthwise", 16, 16, 5, 40), layer("full", 16, 16, 1, 1)], residual: true },
  { layers: [layer("full", 16, 24, 1, 1), layer("full", 24, 8, 1, 1, false)], residual: false },
];

/** The network's output for rows `[frame][channel]` flat, in pieces of the lengths given in turn. */
function run(input: Float32Array, width: number, pieces: readonly number[]): number[] {
  const network = openConvolutionNetwork(openKernel(), NETWORK, MAX_FRAMES);
  const output: number[] = [];
  const collect = (rows: Float32Array, frames: number) => output.push(...rows.subarray(0, frames * 8));
  const frames = input.length / width;
  for (let start = 0, piece = 0; start < frames; piece++) {
    const count = Math.min(pieces[piece % pieces.length], frames - start);
    network.push(input.subarray(start * width, (start + count) * width), count, collect);
    start += count;
  }
  network.end(collect);
  return output;
}

describe("openConvolutionNetwork", () => {
  test.each([1, 7, 64, 300])("gives what the definition gives, for %i frames", (frames) => {
    const input = noise(12 * frames);
    const rows = Array.from({ length: frames }, (_, frame) =>
      Float64Array.from(input.subarray(12 * frame, 12 * (frame + 1))),
    );
    const expected = referenceNetwork(NETWORK, rows).flatMap((row) => [...row]);
    const output = run(input, 12, [MAX_FRAMES]);
    expect(output.length).toBe(8 * frames);
    expect(output.some((value) => Math.abs(value) > 0.1)).toBe(true);
    for (const [n, value] of output.entries()) expect(Math.abs(value - expected[n])).toBeLessThan(1e-5);
  });

  test("gives the same bits however the stream is cut", () => {
    const input = noise(12 * 300);
    expect(run(input, 12, [1, 5, 64, 3])).toEqual(run(input, 12, [MAX_FRAMES]));
  });

  test("gives nothing for no frames", () => {
    expect(run(new Float32Array(0), 12, [1])).toEqual([]);
  });

  test("refuses layers that do not fit", () => {
    const open = (bad: ConvolutionLayer) =>
      openConvolutionNetwork(openKernel(), [{ layers: [bad], residual: false }], 64);
    expect(() => open(layer("full", 8, 12, 3, 1))).toThrow(/multiple of 8/);
    expect(() => open(layer("depthwise", 8, 16, 3, 1))).toThrow(/depthwise/);
    expect(() => open(layer("full", 8, 8, 2, 1))).toThrow(/odd/);
    expect(() => open({ ...layer("full", 8, 8, 3, 1), bias: [1] })).toThrow(/biases/);
  });
});
