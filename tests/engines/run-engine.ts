/** Runs an engine over a whole signal, for tests. */
import type { FeatureEngine } from "../../src/engines/engine.ts";
import { finiteSamples } from "../../src/features/finite-samples.ts";
import { openMonoSignal } from "../../src/features/mono-signal.ts";
import type { FeatureFrames } from "../../src/features/registry.ts";
import type { InferenceSession } from "../../src/models/inference.ts";

/** The frames that an engine gives for `[channel][sample]`, handed over in blocks. */
export async function engineFrames(
  engine: FeatureEngine,
  session: InferenceSession,
  channels: readonly Float32Array[],
  sampleRate: number,
  own: Partial<FeatureFrames> = {},
  blockLength = sampleRate,
): Promise<Partial<FeatureFrames>> {
  const format = { sampleRate, channels: channels.length };
  const run = engine.open(session);
  const [finite, mono] = [finiteSamples.open(format), openMonoSignal(format, engine.sampleRate)];
  const parts: Float32Array[] = [];
  const keep = ({ samples, length }: { samples: Float32Array; length: number }) => parts.push(samples.slice(0, length));
  for (let start = 0; start < channels[0].length; start += blockLength) {
    const block = channels.map((samples) => samples.slice(start, start + blockLength));
    finite.push({ channels: block, length: block[0].length }, (clean) => mono.push(clean, keep));
    for (const part of parts.splice(0)) await run.push(part);
  }
  mono.end(keep);
  for (const part of parts) await run.push(part);
  return run.finish(own);
}
