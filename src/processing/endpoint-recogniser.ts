/** Speech recognition by a server that speaks OpenAI's `/v1/audio/transcriptions`. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { SpeechEndpoint } from "./speech-endpoint.ts";
import { ClipFailure, type Recognition, type SpeechRecogniser } from "./speech-recogniser.ts";

const BASE_TIMEOUT_MS = 30_000;
const TIMEOUT_MS_PER_AUDIO_SECOND = 10_000;
const ATTEMPTS = 3;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
const MAX_ANSWER_BYTES = 5_000_000;

const timed = { start: z.number(), end: z.number() };
/** `verbose_json`; servers leave out what they do not know. */
const ANSWER = z.object({
  text: z.string(),
  language: z.string().nullish(),
  segments: z.array(z.object({ ...timed, text: z.string(), avg_logprob: z.number().nullish() })).nullish(),
  words: z.array(z.object({ ...timed, word: z.string(), probability: z.number().nullish() })).nullish(),
});

/** Opens the engine; nothing is sent yet. A server that fails for the moment is asked up to three times. */
export function endpointRecogniser(endpoint: SpeechEndpoint): SpeechRecogniser {
  return {
    engine: "endpoint",
    model: endpoint.model,
    onlyLanguage: null,
    notes: [
      `The speech was sent to ${new URL(endpoint.url).host}. What that costs is not known here: it depends on the server's prices.`,
    ],
    async recognise(clip, language, signal) {
      const body = await readFile(clip.path);
      const seconds = clip.endSeconds - clip.startSeconds;
      for (let attempt = 1; ; attempt++) {
        const limit = AbortSignal.timeout(Math.round(BASE_TIMEOUT_MS + TIMEOUT_MS_PER_AUDIO_SECOND * seconds));
        try {
          return await ask(endpoint, body, seconds, language, AbortSignal.any([signal, limit]));
        } catch (error) {
          signal.throwIfAborted();
          const failure = asFailure(error, limit.aborted);
          if (failure.isForAll) throw failure.error;
          if (!failure.mayPass || attempt === ATTEMPTS) throw new ClipFailure(failure.error);
          await sleep(Math.min(LONGEST_WAIT_MS, failure.waitMs ?? FIRST_WAIT_MS * 2 ** attempt), undefined, { signal });
        }
      }
    },
    close: async () => {},
  };
}

/** A failure of one attempt; `mayPass`: the next one may succeed; `isForAll`: no clip would. */
class AttemptError extends Error {
  readonly error: AppError;
  readonly mayPass: boolean;
  readonly waitMs: number | null;
  readonly isForAll: boolean;

  constructor(error: AppError, mayPass: boolean, waitMs: number | null = null, isForAll = false) {
    super(error.message);
    this.error = error;
    this.mayPass = mayPass;
    this.waitMs = waitMs;
    this.isForAll = isForAll;
  }
}

async function ask(
  { url, model, apiKey }: SpeechEndpoint,
  audio: Buffer,
  seconds: number,
  language: string | null,
  signal: AbortSignal,
): Promise<Recognition> {
  const form = new FormData();
  form.set("file", new Blob([Uint8Array.from(audio)], { type: "audio/wav" }), "clip.wav");
  form.set("model", model);
  form.set("response_format", "verbose_json");
  form.append("timestamp_granularities[]", "word");
  form.append("timestamp_granularities[]", "segment");
  if (language !== null) form.set("language", language);
  const response = await fetch(`${url.replace(/\/+$/, "")}/audio/transcriptions`, {
    method: "POST",
    body: form,
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    // A key must not follow a redirect to another place.
    redirect: "error",
    signal,
  });
  const text = await limitedText(response);
  if (!response.ok) throw refused(response, text);
  return recognition(text, seconds);
}

async function limitedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > MAX_ANSWER_BYTES) throw new AttemptError(notUnderstood(), false);
  }
  return Buffer.concat(parts).toString("utf8");
}

function refused({ status, headers }: Response, text: string): AttemptError {
  const cause = new Error(`${status}: ${text.slice(0, 500)}`);
  if (status === 401 || status === 403) {
    const message = "The transcription server refused the key. Check HARK_STT_API_KEY.";
    return new AttemptError(new AppError("unavailable", message, { cause }), false, null, true);
  }
  if (status === 404 || status === 400 || status === 422) {
    const message = `The transcription server refused the request (${status}). Check HARK_STT_URL, which ends in /v1, HARK_STT_MODEL and the language.`;
    // 404 names the address or the model; 400 and 422 may be about this clip.
    return new AttemptError(new AppError("unavailable", message, { cause }), false, null, status === 404);
  }
  const waitSeconds = Number(headers.get("retry-after") ?? Number.NaN);
  const waitMs = Number.isFinite(waitSeconds) ? 1000 * waitSeconds : null;
  if (status === 429) {
    const message = "The transcription server takes no more requests for now. Try again later.";
    return new AttemptError(new AppError("rate_limited", message, { cause }), true, waitMs);
  }
  const message = `The transcription server failed (${status}). Try again later.`;
  return new AttemptError(new AppError("upstream", message, { cause }), status >= 500, waitMs);
}

function recognition(text: string, clipSeconds: number): Recognition {
  const parsed = ANSWER.safeParse(parsedJson(text));
  if (!parsed.success) throw new AttemptError(notUnderstood(parsed.error), false);
  const answer = parsed.data;
  const words = (answer.words ?? []).map(({ word, start, end, probability }) => ({
    text: word.trim(),
    ...within(start, end, clipSeconds),
    confidence: probability ?? null,
  }));
  // A server that knows no segments gives the text alone: it is the clip's.
  const own = answer.segments ?? [{ start: 0, end: clipSeconds, text: answer.text }];
  const segments = own
    .map(({ start, end, text: spoken, avg_logprob }, index) => {
      const until = own.at(index + 1)?.start ?? Number.POSITIVE_INFINITY;
      const from = index === 0 ? Number.NEGATIVE_INFINITY : start;
      return {
        text: spoken.trim(),
        ...within(start, end, clipSeconds),
        confidence: typeof avg_logprob === "number" ? Math.min(1, Math.exp(avg_logprob)) : null,
        words: words.filter(({ startSeconds }) => startSeconds >= from && startSeconds < until),
      };
    })
    .filter((segment) => segment.text !== "");
  return { segments, language: answer.language ?? null };
}

/** Whisper gives ends beyond its clip. */
function within(start: number, end: number, seconds: number) {
  const startSeconds = Math.max(0, Math.min(seconds, start));
  return { startSeconds, endSeconds: Math.max(startSeconds, Math.min(seconds, end)) };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function notUnderstood(cause?: unknown): AppError {
  const message =
    "The transcription server's answer is not the verbose_json of OpenAI's /v1/audio/transcriptions. Use a server and a model that give it.";
  return new AppError("upstream", message, { cause });
}

function asFailure(error: unknown, timedOut: boolean) {
  if (error instanceof AttemptError) return error;
  const message = timedOut
    ? "The transcription server did not answer in time. Try again later, or use a faster one."
    : "The transcription server could not be reached. Check HARK_STT_URL and that it runs.";
  return new AttemptError(new AppError("upstream", message, { cause: error }), !timedOut);
}
