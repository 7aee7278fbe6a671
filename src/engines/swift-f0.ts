/** f0 by SwiftF0 (Nieradzik, "SwiftF0: Fast and accurate monophonic pitch detection", 2025; lars76/swift-f0): a convolutional network. */
import { FloatSeries } from "../dsp/float-series.ts";
import { AppError } from "../errors.ts";
import { F0_CANDIDATES } from "../features/f0-candidates.ts";
import type { InferenceSession } from "../models/inference.ts";
import type { EngineRun, FeatureEngine } from "./engine.ts";
import { openSampleWindows } from "./sample-windows.ts";

const SAMPLE_RATE = 16_000;
/** 16 ms; frame t stands for t · HOP, as in the network's own package, though its windows lie 8 ms later: speech agrees. */
const HOP = 256;
/** 16.4 s at a time. */
const FRAMES = 1024;
/** Frames that are dropped on both sides of a window: the network looks at 13 of them. */
const CONTEXT = 16;
/** Level of a frame: as long as that of Hark's own candidates, 46 ms. */
const LEVEL_SAMPLES = 736;
/** Below this confidence a frame has no candidate: the network gives one to silence and noise too. */
const VOICED = 0.5;
/** Share of frames that are voiced, by the network's confidence: speech, spoken digits and synthesised voices, clean, noisy and by telephone. */
const CHANCES = [
  { confidence: 0, chance: 0 },
  { confidence: 0.25, chance: 0.05 },
  { confidence: 0.4, chance: 0.22 },
  { confidence: 0.5, chance: 0.33 },
  { confidence: 0.6, chance: 0.48 },
  { confidence: 0.7, chance: 0.62 },
  { confidence: 0.8, chance: 0.7 },
  { confidence: 0.9, chance: 0.87 },
  { confidence: 1, chance: 1 },
];
/** What the network can say, Hz. */
const RANGE_HZ = { low: 46.875, high: 2093.75 };

export const swiftF0: FeatureEngine = {
  name: "swift_f0",
  feature: "f0Candidates",
  task: "pitch",
  sampleRate: SAMPLE_RATE,
  threads: null,
  isPreferred: false,
  notes: [
    "is_monophonic was set with Hark's own f0: by SwiftF0 four of ten mixes pass as one voice, their statistics and notes too.",
  ],
  open: openSwiftF0,
};

/** One candidate a frame, with the chance of voicing that the network's confidence is worth. Memory: 52 bytes a frame, 35 MB for three hours. */
function openSwiftF0(session: InferenceSession): EngineRun {
  const [input] = session.inputs;
  const names = session.outputs.map(({ name }) => name);
  if (input === undefined || session.inputs.length > 1 || !["pitch_hz", "confidence"].every((n) => names.includes(n))) {
    const message = "The file of SwiftF0 has other inputs or outputs than expected. Get the version of its manifest.";
    throw new AppError("internal", message);
  }
  const hz = new FloatSeries();
  const probability = new FloatSeries();
  const meanSquare = new FloatSeries();
  const length = (FRAMES + 2 * CONTEXT) * HOP;
  const plan = { before: CONTEXT * HOP, length, step: FRAMES * HOP };

  const windows = openSampleWindows(plan, async (window) => {
    const outputs = await session.run({ [input.name]: { data: window.slice(), dims: [1, length] } });
    for (let frame = CONTEXT; frame < CONTEXT + FRAMES; frame++) {
      const pitch = outputs.pitch_hz.data[frame] ?? 0;
      const isPitch = pitch >= RANGE_HZ.low && pitch <= RANGE_HZ.high;
      const confidence = outputs.confidence.data[frame] ?? 0;
      hz.push(isPitch && confidence >= VOICED ? pitch : 0);
      probability.push(isPitch ? chanceOf(confidence) : 0);
      meanSquare.push(meanSquareAround(window, frame * HOP));
    }
  });

  return {
    push: (samples) => windows.push(samples),
    async finish() {
      const total = await windows.end();
      const frames = total === 0 ? 0 : 1 + Math.floor(total / HOP);
      return {
        f0Candidates: {
          hz: firstCandidates(hz.toArray(), frames),
          probability: firstCandidates(probability.toArray(), frames),
          meanSquare: meanSquare.toArray().slice(0, frames),
          frames,
          hopSeconds: HOP / SAMPLE_RATE,
        },
      };
    },
  };
}

function chanceOf(confidence: number): number {
  const above = CHANCES.findIndex((point) => !(confidence >= point.confidence));
  if (above === 0) return 0;
  if (above < 0) return 1;
  const [from, to] = [CHANCES[above - 1], CHANCES[above]];
  const share = (confidence - from.confidence) / (to.confidence - from.confidence);
  return from.chance + share * (to.chance - from.chance);
}

function meanSquareAround(samples: Float32Array, centre: number): number {
  let sum = 0;
  for (let n = centre - LEVEL_SAMPLES / 2; n < centre + LEVEL_SAMPLES / 2; n++) sum += samples[n] * samples[n];
  return sum / LEVEL_SAMPLES;
}

/** `[frame][candidate]` with one value a frame. */
function firstCandidates(values: Float32Array, frames: number): Float32Array {
  const candidates = new Float32Array(frames * F0_CANDIDATES);
  for (let frame = 0; frame < frames; frame++) candidates[frame * F0_CANDIDATES] = values[frame];
  return candidates;
}
