/** The SIMD kernel: hot loops in single precision, written in AssemblyScript (kernel/), compiled once, instantiated by each user. */
import { KERNEL_BINARY } from "./kernel-binary.ts";

/**
 * Memory of an instance, 64 KiB each: 8 MiB, of which only what is touched costs anything. It never grows, because growing
 * would detach the arrays in it. The most that is asked for is 5 MB, the filters of an odd rate near 768 kHz, unless said.
 */
const PAGES = 128;
const PAGE_BYTES = 65_536;
/** Functions that work on several values at a time may read and write this much past the end of an array. */
const SLACK_BYTES = 64;
const ALIGNMENT = 16;

/** What is used of the global; @types/node declares its types only. Instances are taken to be of the committed binary. */
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: KernelFunctions };
};

const MODULE = new WebAssembly.Module(Uint8Array.from(atob(KERNEL_BINARY), (character) => character.charCodeAt(0)));

/** What kernel/ exports; its docstrings define each. Arrays are given by their `byteOffset`. */
export interface KernelFunctions {
  mix(source: number, target: number, count: number, gain: number, limit: number, add: number): void;
  deinterleave(source: number, target: number, strideBytes: number, streams: number, count: number): void;
  fir(source: number, coefficients: number, taps: number, target: number, count: number): void;
  polyphase(
    source: number,
    filters: number,
    taps: number,
    phases: number,
    phase: number,
    up: number,
    down: number,
    target: number,
    count: number,
  ): void;
  powerSpectra(
    samples: number,
    frames: number,
    hop: number,
    half: number,
    window: number,
    order: number,
    twiddles: number,
    splits: number,
    work: number,
    power: number,
  ): void;
  filterBank(
    rows: number,
    frames: number,
    rowLength: number,
    ranges: number,
    weights: number,
    bands: number,
    scratch: number,
    target: number,
  ): void;
  decibels(values: number, count: number, floor: number): number;
  raise(values: number, count: number, floor: number): void;
  logCompress(values: number, count: number, gain: number): void;
  convolve(
    source: number,
    frames: number,
    inChannels: number,
    weights: number,
    bias: number,
    taps: number,
    dilation: number,
    outChannels: number,
    floor: number,
    target: number,
  ): void;
  convolveDepthwise(
    source: number,
    frames: number,
    channels: number,
    weights: number,
    bias: number,
    taps: number,
    dilation: number,
    floor: number,
    target: number,
  ): void;
  accumulate(source: number, count: number, target: number): void;
  spectralShape(
    power: number,
    frames: number,
    bins: number,
    rolloffShare: number,
    floor: number,
    scratch: number,
    target: number,
  ): void;
  shortfall(values: number, count: number, floor: number): void;
  quantise(values: number, count: number, least: number, scale: number, target: number): void;
  dequantise(codes: number, count: number, least: number, step: number, target: number): void;
  addRows(rows: number, frames: number, bins: number, sums: number): void;
  levels(samples: number, count: number, state: number): void;
  product(a: number, b: number, count: number): number;
  sharpestBends(samples: number, blocks: number, length: number, target: number): void;
  findRun(samples: number, start: number, end: number, step: number, level: number): number;
  weightedEnergy(left: number, right: number, count: number, coefficients: number, state: number): void;
  compareLags(
    samples: number,
    frames: number,
    hop: number,
    half: number,
    count: number,
    lags: number,
    softest: number,
    order: number,
    twiddles: number,
    splits: number,
    work: number,
    rowLength: number,
    unlikeness: number,
    normalised: number,
    energy: number,
  ): void;
  squaredDistances(vector: number, others: number, count: number, dimensions: number, target: number): void;
  extremes(rows: number, rowLength: number, first: number, end: number, count: number, target: number): void;
  pairSpectra(
    left: number,
    right: number,
    half: number,
    window: number,
    order: number,
    twiddles: number,
    splits: number,
    work: number,
    sums: number,
    powers: number,
  ): void;
  truePeak(
    samples: number,
    next: number,
    windows: number,
    taps: number,
    phases: number,
    slope: number,
    bend: number,
    state: number,
  ): void;
}

/** One instance with memory of its own; the garbage collector takes both. */
export interface Kernel {
  readonly functions: KernelFunctions;
  /** An array of zeros in the kernel's memory, for the life of the instance. @throws RangeError when memory is used up. */
  floats(length: number): Float32Array<ArrayBuffer>;
  doubles(length: number): Float64Array<ArrayBuffer>;
  integers(length: number): Int32Array<ArrayBuffer>;
}

/**
 * Makes an instance (about 0.1 ms). Nothing is shared between instances, so passes and stages cannot disturb each other.
 * @param pages Its memory, 64 KiB each.
 */
export function openKernel(pages = PAGES): Kernel {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(MODULE, { env: { memory } });
  let used = ALIGNMENT;

  function take(bytes: number): number {
    const start = used;
    used = Math.ceil((start + bytes + SLACK_BYTES) / ALIGNMENT) * ALIGNMENT;
    if (used > pages * PAGE_BYTES) {
      throw new RangeError(`The kernel has ${pages * PAGE_BYTES} bytes of memory; ${used} were asked for.`);
    }
    return start;
  }

  return {
    functions: instance.exports,
    floats: (length) => new Float32Array(memory.buffer, take(4 * length), length),
    doubles: (length) => new Float64Array(memory.buffer, take(8 * length), length),
    integers: (length) => new Int32Array(memory.buffer, take(4 * length), length),
  };
}
