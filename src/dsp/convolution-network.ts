/** Small convolutional networks over a stream of frames, by the SIMD kernel. */
import type { Kernel } from "./kernel/kernel.ts";

/** A convolution along time, centred: output frame t sees input frames t - reach to t + reach, `dilation` apart. */
export interface ConvolutionLayer {
  readonly kind: "full" | "depthwise";
  readonly inChannels: number;
  readonly outChannels: number;
  /** Odd. */
  readonly taps: number;
  readonly dilation: number;
  readonly rectified: boolean;
  /** `[tap][in][out]` flat; `[tap][channel]` for a depthwise layer. */
  readonly weights: ArrayLike<number>;
  /** `[out]` */
  readonly bias: ArrayLike<number>;
}

/** Layers in a row, of which only the first may have more than one tap; a residual block adds its input to its output. */
export interface ConvolutionBlock {
  readonly layers: readonly ConvolutionLayer[];
  readonly residual: boolean;
}

/** Takes the first `frames` rows, `[frame][channel]` flat; valid during the call. */
export type FrameListener = (rows: Float32Array, frames: number) => void;

/** A running network. */
export interface ConvolutionNetwork {
  /** Takes the first `frames` rows of the input, at most `maxFrames`. */
  push(rows: Float32Array, frames: number, emit: FrameListener): void;
  /** The stream has ended: emits the rest. Called once. */
  end(emit: FrameListener): void;
}

interface Run {
  readonly input: Float32Array;
  push(rows: Float32Array, frames: number, emit: FrameListener): void;
  end(emit: FrameListener): void;
}

/** The kernel convolves eight channels of four frames at a time. */
const CHANNEL_STEP = 8;
const FRAME_STEP = 4;

/**
 * Opens a network in a kernel's memory. As many frames come out as go in, later by the sum of all reaches; before the first
 * and after the last frame, every layer's input is zero ("same" padding). Each output is computed in the same way, however
 * the stream is cut. Single precision.
 * Bai, Kolter & Koltun, "An empirical evaluation of generic convolutional and recurrent networks for sequence modeling",
 * arXiv 1803.01271, 2018 (here without their causality).
 *
 * @throws RangeError for layers whose weights, channels or taps do not fit.
 */
export function openConvolutionNetwork(
  kernel: Kernel,
  blocks: readonly ConvolutionBlock[],
  maxFrames: number,
): ConvolutionNetwork {
  const runs = blocks.map((block) => openBlock(kernel, block, maxFrames));

  function pushTo(index: number, rows: Float32Array, frames: number, emit: FrameListener): void {
    if (index === runs.length) emit(rows, frames);
    else runs[index].push(rows, frames, (next, count) => pushTo(index + 1, next, count, emit));
  }

  return {
    push: (rows, frames, emit) => pushTo(0, rows, frames, emit),
    end(emit) {
      for (const [index, run] of runs.entries()) run.end((rows, count) => pushTo(index + 1, rows, count, emit));
    },
  };
}

function openBlock(kernel: Kernel, { layers, residual }: ConvolutionBlock, maxFrames: number): Run {
  const [first] = layers;
  const reach = (first.dilation * (first.taps - 1)) / 2;
  const width = first.inChannels;
  const input = kernel.floats((2 * reach + maxFrames + FRAME_STEP) * width);
  const runs = layers.map((layer) => openLayer(kernel, layer, maxFrames));
  const output = runs[runs.length - 1].output;
  const zeros = new Float32Array(maxFrames * width);
  // The zeros before the first frame are already there.
  let filled = reach;

  function push(rows: Float32Array, frames: number, emit: FrameListener): void {
    input.set(rows.subarray(0, frames * width), filled * width);
    filled += frames;
    const ready = filled - 2 * reach;
    if (ready <= 0) return;
    runs.reduce((source, run) => run.apply(source, ready), input.byteOffset);
    if (residual) kernel.functions.accumulate(input.byteOffset + 4 * reach * width, ready * width, output.byteOffset);
    input.copyWithin(0, ready * width, filled * width);
    filled -= ready;
    emit(output, ready);
  }

  return {
    input,
    push,
    end(emit) {
      for (let left = reach; left > 0; left -= maxFrames) push(zeros, Math.min(left, maxFrames), emit);
    },
  };
}

function openLayer(kernel: Kernel, layer: ConvolutionLayer, maxFrames: number) {
  checkLayer(layer);
  const { inChannels, outChannels, taps, dilation } = layer;
  const weights = kernel.floats(layer.weights.length);
  weights.set(Float32Array.from(layer.weights));
  const bias = kernel.floats(outChannels);
  bias.set(Float32Array.from(layer.bias));
  const output = kernel.floats((maxFrames + FRAME_STEP) * outChannels);
  const floor = layer.rectified ? 0 : Number.NEGATIVE_INFINITY;
  const { convolve, convolveDepthwise } = kernel.functions;
  const [w, b, to] = [weights.byteOffset, bias.byteOffset, output.byteOffset];
  return {
    output,
    /** Convolves `frames` rows from the address on, and returns that of the result. */
    apply(source: number, frames: number): number {
      if (layer.kind === "full") convolve(source, frames, inChannels, w, b, taps, dilation, outChannels, floor, to);
      else convolveDepthwise(source, frames, outChannels, w, b, taps, dilation, floor, to);
      return to;
    },
  };
}

function checkLayer({ kind, inChannels, outChannels, taps, weights, bias }: ConvolutionLayer): void {
  const count = kind === "full" ? taps * inChannels * outChannels : taps * outChannels;
  const fits = kind === "full" || inChannels === outChannels;
  if (!fits || taps % 2 === 0 || outChannels % CHANNEL_STEP !== 0) {
    throw new RangeError(
      `A ${kind} layer from ${inChannels} to ${outChannels} channels with ${taps} taps; expected a multiple of ` +
        `${CHANNEL_STEP} channels, the same on both sides of a depthwise layer, and an odd number of taps.`,
    );
  }
  if (weights.length !== count || bias.length !== outChannels) {
    throw new RangeError(
      `A layer has ${weights.length} weights and ${bias.length} biases; expected ${count} and ${outChannels}.`,
    );
  }
}
