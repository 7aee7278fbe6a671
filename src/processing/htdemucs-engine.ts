/** Separation by Hybrid Transformer Demucs: overlapping segments of 7.8 s, blended. */
import type { AudioBlock } from "../audio/audio-format.ts";
import type { InferenceSession } from "../models/inference.ts";
import { type AudioWindow, audioWindows } from "./audio-windows.ts";
import { runHybrid } from "./htdemucs-spectrum.ts";
import { checkRanks, emptyStems, type LoadNetworks, NETWORK_FORMAT, runNetwork, shiftStems } from "./network-stems.ts";
import type { RecordingStatistics, SeparationEngine, SeparationPass, StemName } from "./separation-engine.ts";

/** The order in which the networks give their stems. */
const DEMUCS_STEMS: readonly StemName[] = ["drums", "bass", "other", "vocals"];

/** 39/5 s at 44.1 kHz, and three quarters of it. */
const SEGMENT = 343_980;
const STEP = 257_985;
/** A chunk at the end is padded to the middle of its segment; so much of what comes before it may be used as context. */
const CONTEXT = SEGMENT / 2;
const LEAST_DEVIATION = 1e-8;

/**
 * Rouard, Massa & Défossez, "Hybrid transformers for music source separation", ICASSP 2023, run as its authors' `apply_model`
 * does, without random shifts. The network's file may hold its STFT (one input, the waveform) or not (two). The stems do
 * not add up to the mixture.
 */
export function htdemucsEngine(load: LoadNetworks): SeparationEngine {
  const pass: SeparationPass = {
    stems: DEMUCS_STEMS,
    separate: (blocks, statistics) => separate(load, "all", DEMUCS_STEMS, blocks, statistics),
  };
  return { name: "htdemucs", sumsToMixture: false, formatFor: () => NETWORK_FORMAT, passes: () => [pass] };
}

/** Four networks of that form, each tuned to one stem, of which only that one is taken: a pass for each. */
export function htdemucsFtEngine(load: LoadNetworks): SeparationEngine {
  const passes = DEMUCS_STEMS.map(
    (stem): SeparationPass => ({
      stems: [stem],
      separate: (blocks, statistics) => separate(load, stem, [stem], blocks, statistics),
    }),
  );
  return { name: "htdemucs_ft", sumsToMixture: false, formatFor: () => NETWORK_FORMAT, passes: () => passes };
}

async function* separate(
  load: LoadNetworks,
  role: string,
  wanted: readonly StemName[],
  blocks: AsyncIterable<AudioBlock>,
  statistics: RecordingStatistics,
): AsyncGenerator<readonly AudioBlock[]> {
  const [session] = await load([role]);
  const weights = triangle();
  const stems = emptyStems(wanted, SEGMENT);
  const weightSum = new Float32Array(SEGMENT);
  const plan = { before: CONTEXT, length: SEGMENT, step: STEP, beyond: 0 };
  for await (const window of audioWindows(blocks, 2, plan)) {
    const length = Math.min(SEGMENT, statistics.length - window.start);
    const skipped = Math.floor((SEGMENT - length) / 2);
    const output = await runSegment(session, normalised(window, skipped, statistics));
    for (let n = 0; n < length; n++) weightSum[n] += weights[n];
    for (const [index, name] of wanted.entries()) {
      for (const [channel, target] of stems[index].entries()) {
        const row = (DEMUCS_STEMS.indexOf(name) * 2 + channel) * SEGMENT + skipped;
        for (let n = 0; n < length; n++) target[n] += weights[n] * output[row + n];
      }
    }
    const count = Math.min(STEP, length);
    yield stems.map((stem) => ({
      channels: stem.map((y) => blended(y, weightSum, count, statistics)),
      length: count,
    }));
    shiftStems([...stems, [weightSum]], STEP);
  }
}

/** A triangle over the whole segment, zero nowhere. */
function triangle(): Float32Array {
  return Float32Array.from({ length: SEGMENT }, (_, n) => Math.min(n + 1, SEGMENT - n) / CONTEXT);
}

/** `[channel][sample]`: the segment that begins `skipped` samples before the window's own; what is not in the recording stays 0. */
function normalised({ channels, start }: AudioWindow, skipped: number, statistics: RecordingStatistics): Float32Array {
  const { length, mean } = statistics;
  const scale = 1 / deviation(statistics);
  const first = start - skipped;
  const segment = new Float32Array(2 * SEGMENT);
  for (const [channel, samples] of channels.entries()) {
    for (let n = Math.max(0, -first); n < SEGMENT && first + n < length; n++) {
      segment[channel * SEGMENT + n] = (samples[CONTEXT - skipped + n] - mean) * scale;
    }
  }
  return segment;
}

/** `[stem][channel][sample]` of the whole segment. */
async function runSegment(session: InferenceSession, segment: Float32Array): Promise<Float32Array> {
  if (session.inputs.length > 1) return runHybrid(session, segment);
  checkRanks(session, [3]);
  return runNetwork(session, { data: segment, dims: [1, 2, SEGMENT] }, DEMUCS_STEMS.length * segment.length);
}

function blended(
  y: Float32Array,
  weightSum: Float32Array,
  count: number,
  statistics: RecordingStatistics,
): Float32Array {
  const scale = deviation(statistics);
  return y.slice(0, count).map((value, n) => (value / weightSum[n]) * scale + statistics.mean);
}

function deviation({ standardDeviation }: RecordingStatistics): number {
  return standardDeviation + LEAST_DEVIATION;
}
