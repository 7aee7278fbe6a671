/** Which engine transcribes: the one that was asked for, else the server of the settings, else the program on this machine. */
import { AppError } from "../errors.ts";
import { endpointRecogniser } from "./endpoint-recogniser.ts";
import type { OperationContext } from "./operation.ts";
import { findPocketsphinx, pocketsphinxRecogniser } from "./pocketsphinx-recogniser.ts";
import type { SpeechRecogniser } from "./speech-recogniser.ts";

const HOW =
  "Set HARK_STT_URL (and HARK_STT_MODEL, HARK_STT_API_KEY) to a server that speaks OpenAI's /v1/audio/transcriptions, on this machine or " +
  "elsewhere; or, for English and poor results, apt-get install pocketsphinx pocketsphinx-en-us.";

/** @throws AppError unavailable when the engine, or with `auto` any, is missing; it says how to get one. */
export async function chooseRecogniser(
  engine: "auto" | "endpoint" | "pocketsphinx",
  { speechEndpoint }: OperationContext,
): Promise<SpeechRecogniser> {
  if (engine !== "pocketsphinx" && speechEndpoint !== undefined) return endpointRecogniser(speechEndpoint);
  if (engine === "endpoint") throw new AppError("unavailable", `No transcription server is set. ${HOW}`);
  const program = await findPocketsphinx(process.env.PATH ?? "");
  if (program !== null) return pocketsphinxRecogniser(program);
  const what = engine === "auto" ? "There is no engine for speech on this machine." : "PocketSphinx is not installed.";
  throw new AppError("unavailable", `${what} ${HOW}`);
}
