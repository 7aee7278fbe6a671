/** A Float32Array that grows: for values that arrive one by one in a number nobody knows beforehand. */

const FIRST_CAPACITY = 1024;

/** Amortised constant time a value; values are rounded to float32. */
export class FloatSeries {
  #values = new Float32Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float32Array(2 * this.#length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** A copy of exactly the values pushed so far. */
  toArray(): Float32Array {
    return this.#values.slice(0, this.#length);
  }
}
