/** A progress bar on a terminal's standard error; silent where there is no terminal. */
import type { WriteStream } from "node:tty";

const WIDTH = 24;
/** Some terminals do not say how wide they are. */
const USUAL_COLUMNS = 80;
const MIN_INTERVAL_MS = 80;

export interface ProgressBar {
  /** Share of the whole in [0, 1], and what is being done. */
  show(share: number, message: string): void;
  /** Removes the bar, so that other lines can be printed. */
  clear(): void;
}

export function createProgressBar(stream: WriteStream): ProgressBar {
  if (!stream.isTTY) return { show: () => {}, clear: () => {} };
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(share, message) {
      if (performance.now() - shownAt < MIN_INTERVAL_MS) return;
      shownAt = performance.now();
      const filled = Math.round(WIDTH * Math.min(1, Math.max(0, share)));
      const bar = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${Math.round(share * 100)}% ${message}`;
      stream.write(`\r\x1b[K${bar.slice(0, Math.max(20, (stream.columns || USUAL_COLUMNS) - 1))}`);
    },
    clear() {
      stream.write("\r\x1b[K");
    },
  };
}
