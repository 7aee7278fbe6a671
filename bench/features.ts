/**
 * Time of one pass over four minutes of synthesised stereo at 44.1 kHz, by stage and feature, single-threaded and without
 * decoding: medians of several passes. Run by hand: `node bench/features.ts`.
 */
import { AGENTS } from "../src/agents/registry.ts";
import type { AudioFormat } from "../src/audio/audio-format.ts";
import { blockLength } from "../src/audio/block-length.ts";
import { median } from "../src/dsp/statistics.ts";
import { openExtraction } from "../src/features/extraction.ts";
import type { Stage } from "../src/features/extractor.ts";
import { FEATURES, type FeatureName } from "../src/features/registry.ts";
import { drums } from "../tests/agents/rhythm-signals.ts";

const FORMAT: AudioFormat = { sampleRate: 44_100, channels: 2 };
const SECONDS = 240;
const ROUNDS = 7;

type Sink = (chunk: unknown) => void;

const left = drums(124, SECONDS, FORMAT.sampleRate).map(
  (value, n) => value + 0.2 * Math.sin((n * 440 * 2 * Math.PI) / FORMAT.sampleRate),
);
const channels = [left, left.map((value) => 0.8 * value)];
const names = [...new Set(AGENTS.flatMap((agent) => agent.needs))];

function* blocks() {
  const length = blockLength(FORMAT.sampleRate);
  for (let start = 0; start < left.length; start += length) {
    const block = channels.map((samples) => samples.subarray(start, start + length));
    yield { channels: block, length: block[0].length };
  }
}

/** Milliseconds of one pass by the name of the stage or feature: its own work, without that of those it feeds. */
function timesOfPass(featureNames: readonly FeatureName[]): Map<string, number> {
  const spent = new Map<string, number>();
  const sinksOf = new Map<Stage<unknown, unknown> | null, Sink[]>([[null, []]]);
  const ends: (() => void)[] = [];
  let [running, since] = ["", performance.now()];

  function within(name: string, work: () => void): void {
    const before = running;
    switchTo(name);
    work();
    switchTo(before);
  }

  function switchTo(name: string): void {
    const now = performance.now();
    spent.set(running, (spent.get(running) ?? 0) + now - since);
    [running, since] = [name, now];
  }

  function sinks(stage: Stage<unknown, unknown> | null): Sink[] {
    const known = sinksOf.get(stage);
    if (known !== undefined || stage === null) return known ?? [];
    const upstream = sinks(stage.from);
    const own: Sink[] = [];
    const run = stage.open(FORMAT);
    const emit = (chunk: unknown) => {
      for (const sink of own) sink(chunk);
    };
    sinksOf.set(stage, own);
    upstream.push((chunk) => within(stage.name, () => run.push(chunk, emit)));
    ends.push(() => within(stage.name, () => run.end(emit)));
    return own;
  }

  for (const name of featureNames) {
    const feature = FEATURES[name];
    const run = feature.open(FORMAT);
    sinks(feature.from).push((chunk) => within(name, () => run.push(chunk as never)));
    ends.push(() => within(name, () => run.finish()));
  }
  for (const block of blocks()) for (const sink of sinks(null)) sink(block);
  for (const end of ends) end();
  spent.delete("");
  return spent;
}

function row(name: string, milliseconds: readonly number[]): void {
  console.log(`| ${name} | ${median(milliseconds).toFixed(1)} | ${Math.min(...milliseconds).toFixed(1)} |`);
}

console.log("| stage, feature or agent | median ms | least ms |\n| --- | --- | --- |");
const passes = Array.from({ length: ROUNDS }, () => timesOfPass(names));
for (const name of passes[0].keys()) {
  row(
    name,
    passes.map((pass) => pass.get(name) ?? Number.NaN),
  );
}
row(
  "whole pass",
  passes.map((pass) => [...pass.values()].reduce((sum, value) => sum + value, 0)),
);

const extraction = openExtraction(FORMAT, names);
for (const block of blocks()) extraction.push(block);
const frames = extraction.finish();
for (const agent of AGENTS) {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    agent.analyse(frames, agent.parameters.parse({}));
    return performance.now() - start;
  });
  row(`agent ${agent.name}`, times);
}
