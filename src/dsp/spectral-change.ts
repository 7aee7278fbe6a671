/** How much the spectrum after a frame differs from that before it: large where harmony or texture change. */

/** Frames that are averaged before and after: half a second at 50 frames a second. */
const SPAN = 25;
/** Frames after that are left out, so that strokes on the beat count little. */
const ATTACK = 4;
/** Running sums are kept for at least ATTACK + 2 * SPAN frames; a power of two. */
const SLOTS = 64;

export interface SpectralChange {
  /** Takes rows of bands, `[frame][band]` flat, `rowLength` values each, and keeps a value for each frame whose future is known. */
  push(rows: Float32Array, frames: number): void;
  /** Keeps the values of the last frames, which have less after them. */
  end(): void;
}

/**
 * The root mean square difference of the mean spectra of half a second before and half a second after each frame, over bands
 * `firstBand` to `endBand` - 1 (compressed, as in beat-spectrogram.ts): 0 where nothing changes, as in silence, and at both ends, where one side is
 * missing; 0.1 to 1 at most beats of music. `keep` gets one value a frame, in order. Davies & Plumbley, "A spectral difference
 * approach to downbeat extraction in musical audio", EUSIPCO, 2006, with fixed spans in place of whole beats, so that nothing but one value
 * a frame must be kept.
 */
export function openSpectralChange(
  rowLength: number,
  firstBand: number,
  endBand: number,
  keep: (change: number) => void,
): SpectralChange {
  const bands = endBand - firstBand;
  /** `[slot][band]`: sums of all frames before a frame. */
  const sums = new Float64Array(SLOTS * bands);
  let taken = 0;
  let given = 0;

  function add(rows: Float32Array, row: number): void {
    const from = (taken % SLOTS) * bands;
    const to = ((taken + 1) % SLOTS) * bands;
    const source = row * rowLength + firstBand;
    for (let band = 0; band < bands; band++) sums[to + band] = sums[from + band] + rows[source + band];
    taken++;
  }

  /** The change at a frame, of the frames that were taken. */
  function changeAt(frame: number): number {
    const beforeStart = Math.max(0, frame - SPAN);
    const afterStart = frame + ATTACK;
    const afterEnd = Math.min(taken, afterStart + SPAN);
    if (frame === 0 || afterEnd <= afterStart) return 0;
    const [a, b, c, d] = [beforeStart, frame, afterStart, afterEnd].map((index) => (index % SLOTS) * bands);
    let squares = 0;
    for (let band = 0; band < bands; band++) {
      const before = (sums[b + band] - sums[a + band]) / (frame - beforeStart);
      const after = (sums[d + band] - sums[c + band]) / (afterEnd - afterStart);
      squares += (after - before) ** 2;
    }
    return Math.sqrt(squares / bands);
  }

  return {
    push(rows, frames) {
      for (let row = 0; row < frames; row++) {
        add(rows, row);
        if (taken >= given + ATTACK + SPAN) keep(changeAt(given++));
      }
    },
    end() {
      while (given < taken) keep(changeAt(given++));
    },
  };
}
