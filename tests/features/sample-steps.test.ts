import { describe, expect, test } from "vitest";
import { finiteSamples } from "../../src/features/finite-samples.ts";
import { type SampleStep, sampleSteps } from "../../src/features/sample-steps.ts";
import { noise } from "../fixtures/signals.ts";

/** Everything of a step, with copies of its samples. */
function stepsOf(channels: readonly Float32Array[], sampleRate: number, blockLength = channels[0].length) {
  const format = { sampleRate, channels: channels.length };
  const [finite, steps] = [finiteSamples.open(format), sampleSteps.open(format)];
  const collected: SampleStep[] = [];
  const keep = (step: SampleStep) => {
    const copies = step.channels.map((channel) => ({ ...channel, samples: channel.samples.slice() }));
    collected.push({ ...step, channels: copies });
  };
  for (let start = 0; start < channels[0].length; start += blockLength) {
    const block = channels.map((samples) => samples.subarray(start, start + blockLength));
    finite.push({ channels: block, length: block[0].length }, (clean) => steps.push(clean, keep));
  }
  steps.end(keep);
  return collected;
}

describe("sampleSteps", () => {
  test("cuts the signal every 10 ms, boundaries rounded one by one, and hands on every sample once", () => {
    const y = noise(11_025 + 30);
    const steps = stepsOf([y], 11_025);
    expect(steps.length).toBe(101);
    expect(steps.slice(0, 4).map(({ length }) => length)).toEqual([110, 111, 110, 110]);
    expect(steps.map(({ isWhole }) => isWhole).indexOf(false)).toBe(100);
    expect(steps.flatMap(({ channels }) => [...channels[0].samples])).toEqual([...y]);
  });

  test("has the sums of every step, and the sign changes across its boundaries", () => {
    const [left, right] = [noise(2000, 1), noise(2000, 2)];
    const steps = stepsOf([left, right], 44_100);
    const changes = left.reduce((count, value, n) => count + (n > 0 && value * left[n - 1] < 0 ? 1 : 0), 0);
    expect(steps.reduce((sum, { channels }) => sum + channels[0].zeroCrossings, 0)).toBe(changes);
    const squares = right.reduce((sum, value) => sum + value * value, 0);
    expect(steps.reduce((sum, { channels }) => sum + channels[1].sumOfSquares, 0)).toBeCloseTo(squares, 10);
    const products = left.reduce((sum, value, n) => sum + value * right[n], 0);
    expect(steps.reduce((sum, { sumOfProducts }) => sum + sumOfProducts, 0)).toBeCloseTo(products, 10);
    const peak = Math.max(...steps.map(({ channels }) => channels[0].peak));
    expect(peak).toBe(left.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0));
  });

  test("counts each sample that was no number once, and gives the same bits however the signal is cut", () => {
    const y = noise(3000);
    y[10] = Number.NaN;
    y[2999] = Number.POSITIVE_INFINITY;
    const whole = stepsOf([y], 44_100);
    expect(whole.reduce((sum, { nonFiniteCount }) => sum + nonFiniteCount, 0)).toBe(2);
    for (const blockLength of [1, 440, 1000]) {
      const cut = stepsOf([y], 44_100, blockLength);
      expect(cut.map(({ channels }) => channels)).toEqual(whole.map(({ channels }) => channels));
      expect(cut.reduce((sum, { nonFiniteCount }) => sum + nonFiniteCount, 0)).toBe(2);
    }
  });

  test("has no step of an empty stream", () => {
    expect(stepsOf([new Float32Array(0)], 44_100)).toEqual([]);
  });
});
