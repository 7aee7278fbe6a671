/** Where there is speech, by the best that this machine has. */
import { AppError } from "../errors.ts";
import { hasInferenceRuntime, runtimeMissing } from "../models/inference-child.ts";
import { energyVoiceActivity } from "./energy-voice-activity.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { sileroVoiceActivity } from "./silero-voice-activity.ts";
import type { VoiceActivity } from "./voice-activity.ts";

export type VoiceActivityEngine = "auto" | "silero" | "energy";

/** @throws AppError unavailable when Silero was asked for and its model or the runtime is missing; as decoders do. */
export async function findSpeech(
  engine: VoiceActivityEngine,
  source: SourceFile,
  context: OperationContext,
  report: (share: number) => void,
): Promise<VoiceActivity> {
  if (engine === "energy") return energyVoiceActivity(source, context, []);
  const models = (await context.models?.find("detect_speech")) ?? [];
  const model = models.find(({ state }) => state === "installed");
  if (model !== undefined && hasInferenceRuntime()) return sileroVoiceActivity(model, source, context, report);
  if (engine === "silero") {
    if (model !== undefined) throw runtimeMissing();
    const state = models.at(0)?.state ?? "missing";
    const message = `The model silero-vad is ${state}. Put its file into HARK_MODELS_DIR (docs/models.md), or use energy.`;
    throw new AppError(state === "refused" ? "forbidden" : "unavailable", message);
  }
  const damaged = models.filter(({ state }) => state === "damaged" || state === "refused");
  const notes = damaged.map(({ manifest, state }) => `${manifest.name} was passed over: it is ${state}.`);
  return energyVoiceActivity(source, context, notes);
}
