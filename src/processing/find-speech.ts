/** Where there is speech, by the best that this machine has. */
import { hasInferenceRuntime, runtimeMissing } from "../models/inference-child.ts";
import { installedModel } from "../models/installed-model.ts";
import type { FoundModel } from "../models/model-library.ts";
import { energyVoiceActivity } from "./energy-voice-activity.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { sileroVoiceActivity } from "./silero-voice-activity.ts";
import type { VoiceActivity } from "./voice-activity.ts";

export type VoiceActivityEngine = "auto" | "silero" | "energy";

/** @throws AppError as `installedModel`, and unavailable without the runtime, when Silero was asked for; as decoders do. */
export async function findSpeech(
  engine: VoiceActivityEngine,
  source: SourceFile,
  context: OperationContext,
  report: (share: number) => void,
): Promise<VoiceActivity> {
  if (engine === "energy") return energyVoiceActivity(source, context, []);
  const known = (await context.models?.find("detect_speech")) ?? [];
  if (engine === "silero") {
    const model = installedModel(known, { engine, otherwise: "use energy" });
    if (!hasInferenceRuntime()) throw runtimeMissing();
    return sileroVoiceActivity(model, source, context, report);
  }
  const own = known.filter(({ manifest }) => manifest.engine === "silero");
  const model = own.find(({ state }) => state === "installed");
  if (model !== undefined && hasInferenceRuntime()) return sileroVoiceActivity(model, source, context, report);
  return energyVoiceActivity(source, context, own.flatMap(whyPassedOver));
}

function whyPassedOver({ manifest: { name }, state }: FoundModel): string[] {
  if (state === "missing") return [];
  const why = state === "installed" ? "onnxruntime-node is not installed" : `it is ${state}`;
  return [`${name} was passed over: ${why}.`];
}
