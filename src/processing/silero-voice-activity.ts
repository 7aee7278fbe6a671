/** Voice activity by Silero VAD. */
import { openSilero, SILERO_RATE, SILERO_THREADS } from "../engines/silero.ts";
import type { InferenceSession } from "../models/inference.ts";
import type { FoundModel } from "../models/model-library.ts";
import { monoAudio } from "./mono-audio.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { withNetwork } from "./run-network.ts";
import type { VoiceActivity } from "./voice-activity.ts";

/** The probability of each 32 ms; the last frame is filled up with silence. Memory: 4 bytes a frame. @throws AppError as decoders and the runtime do. */
export function sileroVoiceActivity(
  model: FoundModel,
  source: SourceFile,
  context: OperationContext,
  report: (share: number) => void,
): Promise<VoiceActivity> {
  const listen = async (session: InferenceSession): Promise<VoiceActivity> => {
    const run = openSilero(session);
    let sampleCount = 0;
    for await (const { channels, length } of monoAudio(source, SILERO_RATE, context)) {
      await run.push(channels[0].subarray(0, length));
      sampleCount += length;
      const { durationSeconds } = source.probe;
      if (durationSeconds) report(Math.min(1, sampleCount / SILERO_RATE / durationSeconds));
    }
    const { probability, hopSeconds } = await run.finish();
    const durationSeconds = sampleCount / SILERO_RATE;
    return { engine: "silero", model, probabilities: probability, hopSeconds, durationSeconds, notes: [] };
  };
  return withNetwork(model, context.signal, listen, { threads: SILERO_THREADS });
}
