/** Clicks in one channel: vinyl pops, digital ticks, samples gone wrong. */
import { type ClickPlace, clickAt, millisecond } from "./click-place.ts";
import { openKernel } from "./kernel/kernel.ts";

/** To each side of a bend, in milliseconds: several periods of a voice or a low note, so that pulses are told from clicks. */
const CONTEXT = 40;
/** Milliseconds that are looked at in one go. */
const STEP = 160;
/** A bend must be twice the third sharpest around it: the cheap test that leaves few for the other. */
const MIN_SHARPNESS = 2;
/** Bends (second differences) below are not audible as clicks, nor worth a look: -54 dBFS. */
const MIN_BEND = 0.002;
const RIVALS = 3;
const NEIGHBOURS = 2;
const ROUNDING = 1e-4;
/** Pages of 64 KiB of kernel memory beside the buffer: its bends, and what the kernel itself takes. */
const MORE_PAGES = 2;

/** A click, in samples of the stream. */
export type Click = ClickPlace;

/** A running search in one channel. */
export interface ClickDetector {
  push(samples: Float32Array): void;
  /** The stream has ended. Called once. */
  end(): void;
}

/**
 * Opens a search that hands over clicks in order, up to 0.2 s behind the stream. The sharpest bend of each millisecond that
 * stands out of 40 ms on both sides is examined (click-place.ts). The first and last few milliseconds of a stream have no
 * clicks. How the stream is cut changes nothing.
 */
export function openClickDetector(sampleRate: number, onClick: (click: Click) => void): ClickDetector {
  const blockLength = millisecond(sampleRate);
  const blocks = 2 * CONTEXT + STEP;
  const kernel = openKernel(Math.ceil((4 * blocks * blockLength) / 65_536) + MORE_PAGES);
  const buffer = kernel.floats(blocks * blockLength);
  const bends = kernel.floats(blocks);
  // Samples in the buffer, blocks whose bend is known, the next to be examined; and the stream's samples before the buffer.
  let [filled, known, next, passed] = [0, 0, 0, 0];
  // Up to here in the stream, bends belong to the last click.
  let taken = 0;

  function examine(to: number): void {
    for (; next < to; next++) {
      if (!standsOut(bends, next, known)) continue;
      const place = placeOf(buffer, bends[next], next * blockLength);
      if (passed + place < taken) continue;
      const from = Math.max(0, place - CONTEXT * blockLength);
      const frame = new Float64Array(buffer.subarray(from, Math.min(filled, place + CONTEXT * blockLength)));
      const found = clickAt(frame, place - from, sampleRate);
      if (found === null) continue;
      taken = passed + from + found.end + blockLength;
      onClick({ ...found, start: passed + from + found.start, end: passed + from + found.end });
    }
  }

  function makeRoom(): void {
    const gone = next - CONTEXT;
    if (gone <= 0) return;
    buffer.copyWithin(0, gone * blockLength, filled);
    bends.copyWithin(0, gone, known);
    [filled, known, next, passed] = [
      filled - gone * blockLength,
      known - gone,
      next - gone,
      passed + gone * blockLength,
    ];
  }

  function work(isLast: boolean): void {
    // The bends of block k are those at its samples but the first, and at the first of the next, which need one sample more.
    const complete = Math.max(0, Math.floor((filled - 2) / blockLength));
    kernel.functions.sharpestBends(
      buffer.byteOffset + 4 * known * blockLength,
      complete - known,
      blockLength,
      bends.byteOffset + 4 * known,
    );
    known = complete;
    examine(isLast ? known : known - CONTEXT);
    makeRoom();
  }

  return {
    push(samples) {
      for (let start = 0; start < samples.length; ) {
        const length = Math.min(samples.length - start, buffer.length - filled);
        buffer.set(samples.subarray(start, start + length), filled);
        filled += length;
        start += length;
        if (filled === buffer.length) work(false);
      }
    },
    end() {
      work(true);
    },
  };
}

/** Whether a millisecond's bend is the sharpest of its neighbours, and twice the third sharpest of the 40 ms on both sides. */
function standsOut(bends: Float32Array, block: number, known: number): boolean {
  const bend = bends[block];
  if (bend < MIN_BEND) return false;
  for (let other = Math.max(0, block - NEIGHBOURS); other < Math.min(known, block + NEIGHBOURS + 1); other++) {
    if (bends[other] > bend || (bends[other] === bend && other === block + 1)) return false;
  }
  const limit = bend / MIN_SHARPNESS - ROUNDING;
  let rivals = 0;
  for (let other = Math.max(0, block - CONTEXT); other < Math.min(known, block + CONTEXT + 1); other++) {
    if (bends[other] > limit && Math.abs(other - block) > NEIGHBOURS && ++rivals === RIVALS) return false;
  }
  return true;
}

/** The sample at which the second difference, rounded as in the kernel, is so great: the first from a block's start on. */
function placeOf(y: Float32Array, bend: number, from: number): number {
  let n = from + 1;
  while (Math.abs(Math.fround(Math.fround(y[n - 1] - y[n]) + Math.fround(y[n + 1] - y[n]))) !== bend) n++;
  return n;
}
