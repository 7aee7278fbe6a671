/** Frames of any number through a network that was trained on 1500 of them: overlapping chunks, as Beat This has them. */
import { FloatSeries } from "../dsp/float-series.ts";

export const CHUNK = 1500;
/** Frames at each end of a chunk whose outputs are dropped: the network was not trained on them. */
const BORDER = 6;
const STEP = CHUNK - 2 * BORDER;

/** `[frame]`. */
export interface BeatLogits {
  readonly beat: Float32Array;
  readonly downbeat: Float32Array;
}

/** Runs the network on `frames` rows. */
export type RunChunk = (rows: Float32Array, frames: number) => Promise<BeatLogits>;

export interface FrameChunks {
  /** Takes rows of bands, flat; runs every chunk that is full. */
  push(rows: Float32Array): Promise<void>;
  /** Runs what is left; the outputs of all frames. */
  end(): Promise<BeatLogits>;
}

/**
 * Chunks begin 6 frames before every 1488th frame, and are filled up with zeros where the piece has none, up to 6. The last one is
 * moved back to end 6 frames after the piece; where chunks overlap, the earlier one counts. Memory is that of two chunks and of the outputs.
 */
export function openFrameChunks(bands: number, run: RunChunk): FrameChunks {
  /** Frames `first` to `first + held - 1`. */
  const buffer = new Float32Array(2 * CHUNK * bands);
  let first = 0;
  let held = 0;
  let start = -BORDER;
  const beat = new FloatSeries();
  const downbeat = new FloatSeries();

  /** The chunk from a frame on: rows that there are, with zeros before and after them. */
  async function runFrom(from: number, count: number): Promise<void> {
    const rows = new Float32Array(count * bands);
    const begin = Math.max(0, from);
    const end = Math.min(first + held, from + count);
    rows.set(buffer.subarray((begin - first) * bands, (end - first) * bands), (begin - from) * bands);
    const logits = await run(rows, count);
    // Frames before those that are wanted were given by the chunk before.
    for (let frame = Math.max(beat.length, from + BORDER); frame < from + count - BORDER; frame++) {
      beat.push(logits.beat[frame - from]);
      downbeat.push(logits.downbeat[frame - from]);
    }
  }

  async function runRegular(): Promise<void> {
    await runFrom(start, CHUNK);
    start += STEP;
    // The last chunk may begin this early.
    const keep = Math.max(0, start - STEP + BORDER);
    buffer.copyWithin(0, (keep - first) * bands, held * bands);
    held -= keep - first;
    first = keep;
  }

  return {
    async push(rows) {
      for (let taken = 0; taken < rows.length; ) {
        const room = Math.min(rows.length - taken, (start + CHUNK - first - held) * bands);
        buffer.set(rows.subarray(taken, taken + room), held * bands);
        held += room / bands;
        taken += room;
        if (first + held === start + CHUNK) await runRegular();
      }
    },
    async end() {
      const total = first + held;
      while (start + STEP < total - BORDER) await runRegular();
      if (total > STEP) await runFrom(total + BORDER - CHUNK, CHUNK);
      else if (total > 0) await runFrom(-BORDER, total + 2 * BORDER);
      return { beat: beat.toArray().slice(0, total), downbeat: downbeat.toArray().slice(0, total) };
    },
  };
}
