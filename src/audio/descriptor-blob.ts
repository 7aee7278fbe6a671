/** An opened file as a Blob, the one random-access input that music-metadata takes besides a path. */
import { readAt } from "./descriptor.ts";

/** Bytes `start` to `end` of a descriptor, read when asked for. After the signal aborts nothing more is read. */
export class DescriptorBlob extends Blob {
  readonly #fd: number;
  readonly #start: number;
  readonly #end: number;
  readonly #signal: AbortSignal;

  constructor(fd: number, start: number, end: number, signal: AbortSignal) {
    super([]);
    Object.defineProperty(this, "size", { value: end - start });
    this.#fd = fd;
    this.#start = start;
    this.#end = end;
    this.#signal = signal;
  }

  override slice(start = 0, end = this.size): DescriptorBlob {
    const from = Math.min(this.#start + Math.max(start, 0), this.#end);
    const to = Math.min(this.#start + Math.max(end, 0), this.#end);
    return new DescriptorBlob(this.#fd, from, Math.max(from, to), this.#signal);
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    this.#signal.throwIfAborted();
    const bytes = await readAt(this.#fd, this.#start, this.size);
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
  }
}
