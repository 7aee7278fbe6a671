/** Time of one pass over four minutes of synthesised stereo at 44.1 kHz, by features. Run by hand: `node bench/features.ts`. */
import { AGENTS } from "../src/agents/registry.ts";
import { openExtraction } from "../src/features/extraction.ts";
import { FEATURES, type FeatureFrames, type FeatureName } from "../src/features/registry.ts";
import { drums } from "../tests/agents/rhythm-signals.ts";

const SAMPLE_RATE = 44_100;
const SECONDS = 240;
const ROUNDS = 5;

const left = drums(124, SECONDS, SAMPLE_RATE).map(
  (value, n) => value + 0.2 * Math.sin((n * 440 * 2 * Math.PI) / SAMPLE_RATE),
);
const channels = [left, left.map((value) => 0.8 * value)];

function pass(names: readonly FeatureName[]): Pick<FeatureFrames, FeatureName> {
  const extraction = openExtraction({ sampleRate: SAMPLE_RATE, channels: 2 }, names);
  for (let start = 0; start < left.length; start += SAMPLE_RATE) {
    const block = channels.map((samples) => samples.subarray(start, start + SAMPLE_RATE));
    extraction.push({ channels: block, length: block[0].length });
  }
  return extraction.finish();
}

/** Shortest of several rounds, ms. */
function time(run: () => unknown): string {
  let shortest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    run();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return `${shortest.toFixed(0)} ms`;
}

const names = Object.keys(FEATURES) as FeatureName[];
for (const name of names) console.log(`${name} and its stages: ${time(() => pass([name]))}`);
console.log(`all features in one pass: ${time(() => pass(names))}`);
const frames = pass(names);
for (const agent of AGENTS)
  console.log(`agent ${agent.name}: ${time(() => agent.analyse(frames, agent.parameters.parse({})))}`);
