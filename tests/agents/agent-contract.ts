/** What every agent must stand: registers the shared tests for one agent. */
import { describe, expect, test } from "vitest";
import type { Agent } from "../../src/agents/agent.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { analyse } from "./analyse.ts";

const RATE = 44_100;
const SECOND = RATE;

export interface Hardship {
  readonly title: string;
  readonly channels: readonly Float32Array[];
  readonly sampleRate: number;
}

function withEvery1000th(y: Float32Array, value: number): Float32Array {
  return y.map((sample, n) => (n % 1000 === 7 ? value : sample));
}

const mono = (title: string, y: Float32Array, sampleRate = RATE): Hardship => ({ title, channels: [y], sampleRate });

export const HARDSHIPS: readonly Hardship[] = [
  mono("silence", new Float32Array(3 * SECOND)),
  mono("no sample", new Float32Array(0)),
  mono("one sample", Float32Array.of(0.5)),
  mono("one sample of silence", Float32Array.of(0)),
  mono("a hundredth of a second", noise(SECOND / 100)),
  mono("a lone impulse", new Float32Array(3 * SECOND).fill(1, 5000, 5001)),
  mono("NaN among the samples", withEvery1000th(noise(3 * SECOND), Number.NaN)),
  mono("+Infinity among the samples", withEvery1000th(noise(3 * SECOND), Number.POSITIVE_INFINITY)),
  mono("-Infinity among the samples", withEvery1000th(noise(3 * SECOND), Number.NEGATIVE_INFINITY)),
  mono("nothing but NaN", new Float32Array(SECOND).fill(Number.NaN)),
  mono(
    "a full-scale square wave",
    sine(441, RATE, 3 * SECOND).map((value) => (value >= 0 ? 1 : -1)),
  ),
  mono("a constant", new Float32Array(3 * SECOND).fill(0.7)),
  mono("samples near the greatest float", noise(SECOND, 1, 3e38)),
  mono("samples near the smallest float", noise(SECOND, 1, 1e-40)),
  mono("half silence, half noise", noise(4 * SECOND).fill(0, 0, 2 * SECOND)),
  { title: "channels that cancel", channels: [noise(3 * SECOND), noise(3 * SECOND).map((v) => -v)], sampleRate: RATE },
  ...[1000, 8000, 11_025, 22_050, 32_000, 48_000, 96_000, 192_000].map((sampleRate) =>
    mono(`a rate of ${sampleRate} Hz`, noise(2 * sampleRate), sampleRate),
  ),
  ...[2, 3, 5, 6, 7, 8].map((count) => ({
    title: `${count} channels`,
    channels: Array.from({ length: count }, (_, channel) => noise(SECOND, channel + 1)),
    sampleRate: RATE,
  })),
];

/** Registers the contract suite: results fit their schema, hold no number that is not finite, and repeat bit by bit. */
export function describeAgentContract(agent: Agent): void {
  describe(`the agent "${agent.name}"`, () => {
    test("has hardships to stand", () => expect(HARDSHIPS.length).toBeGreaterThan(20));

    test.each(HARDSHIPS)("stands $title", ({ channels, sampleRate }) => {
      const result = analyse(agent, channels, sampleRate);
      expect(agent.output.strict().safeParse(result).error?.message).toBeUndefined();
      expectFinite(result, agent.name);
      expect(analyse(agent, channels, sampleRate)).toEqual(result);
      expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    });

    test("has ascending times, equal hops and segments in order in its series", () => {
      const result = analyse(agent, [noise(3 * SECOND)], RATE);
      for (const [field, kind] of Object.entries(agent.series)) {
        const series = result[field];
        if (kind === "times") {
          const times = series as number[];
          expect(times.every((time, index) => index === 0 || time > times[index - 1])).toBe(true);
        } else if (kind === "segments") {
          const segments = series as { start_seconds: number; end_seconds: number }[];
          for (const [index, { start_seconds, end_seconds }] of segments.entries()) {
            expect(end_seconds).toBeGreaterThan(start_seconds);
            expect(start_seconds).toBeGreaterThanOrEqual(segments[index - 1]?.end_seconds ?? 0);
          }
        } else expect((series as { hop_seconds: number }).hop_seconds).toBeGreaterThan(0);
      }
    });
  });
}

/** JSON has no NaN and no infinity: a client would read null where a number was promised. */
export function expectFinite(value: unknown, path: string): void {
  if (typeof value === "number") expect(Number.isFinite(value), path).toBe(true);
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) expectFinite(inner, `${path}.${key}`);
  } else expect(value, path).not.toBeUndefined();
}
