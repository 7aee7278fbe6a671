/**
 * The process that recognises speech and tells speakers apart with sherpa-onnx. It is a process of its own because sherpa-onnx ends the
 * one it runs in when a model is not as it expects, and because decoding blocks the event loop.
 */
import { readFileSync } from "node:fs";
import type Sherpa from "sherpa-onnx-node";
import { z } from "zod";
import type { SpeechReply, SpeechRequest } from "./speech-message.ts";

type Request<Type> = Extract<SpeechRequest, { type: Type }>;

const numbers = z.array(z.number()).default([]);
const RESULT = z.object({
  text: z.string(),
  lang: z.string().default(""),
  tokens: z.array(z.string()).default([]),
  timestamps: numbers,
  durations: numbers,
  ys_log_probs: numbers,
  segment_timestamps: numbers,
  segment_durations: numbers,
  segment_texts: z.array(z.string()).default([]),
});

let recogniser: InstanceType<typeof Sherpa.OfflineRecognizer> | null = null;

process.on("message", (message: SpeechRequest) => {
  answer(message)
    .catch((error: unknown): SpeechReply => ({ id: message.id, type: "failed", message: textOf(error) }))
    .then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit(0));

async function answer(request: SpeechRequest): Promise<SpeechReply> {
  const sherpa = await import("sherpa-onnx-node").then(
    (module) => module.default,
    () => null,
  );
  if (sherpa === null) return { id: request.id, type: "missing" };
  if (request.type === "recognise") return recognise(request);
  if (request.type === "diarise") return diarise(sherpa, request);
  recogniser = null;
  recogniser = new sherpa.OfflineRecognizer(request.config);
  return { id: request.id, type: "opened" };
}

function recognise({ id, samples, sampleRate }: Request<"recognise">): SpeechReply {
  if (recogniser === null) throw new Error("No recogniser is open.");
  const stream = recogniser.createStream();
  stream.acceptWaveform({ samples, sampleRate });
  recogniser.decode(stream);
  const result = RESULT.parse(recogniser.getResult(stream));
  return {
    id,
    type: "recognised",
    output: {
      text: result.text,
      language: result.lang,
      tokens: result.tokens,
      startsSeconds: result.timestamps,
      durationsSeconds: result.durations,
      logProbabilities: result.ys_log_probs,
      segments: result.segment_texts.map((text, index) => ({
        text,
        startSeconds: result.segment_timestamps[index] ?? 0,
        durationSeconds: result.segment_durations[index] ?? 0,
      })),
    },
  };
}

function diarise(sherpa: typeof Sherpa, { id, config, samplesPath, sampleRate }: Request<"diarise">): SpeechReply {
  recogniser = null;
  const diarisation = new sherpa.OfflineSpeakerDiarization(config);
  if (diarisation.sampleRate !== sampleRate) throw new Error(`The model takes ${diarisation.sampleRate} Hz.`);
  const bytes = readFileSync(samplesPath);
  const samples = new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
  const turns = diarisation.process(samples);
  return {
    id,
    type: "diarised",
    turns: turns.map(({ start, end, speaker }) => ({ startSeconds: start, endSeconds: end, speaker })),
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
