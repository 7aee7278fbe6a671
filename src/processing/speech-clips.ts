/** Cuts a recording at its pauses into clips that a speech recogniser takes, each a WAV file of its own. */
import { join } from "node:path";
import { openWavWriter, type WavWriter } from "../audio/wav-writer.ts";
import { monoAudio } from "./mono-audio.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import type { SpeechSegment, VoiceActivity } from "./voice-activity.ts";

const CLIP_SAMPLE_RATE = 16_000;
/** The window of Whisper is 30 s. */
const LONGEST_SECONDS = 28;
/** Of one clip: where a longer stretch without a pause is cut at its least speech-like frame. */
const EARLIEST_CUT_SECONDS = 18;
/** A longer pause parts clips: recognisers invent words in silence. */
const PARTING_SECONDS = 1.5;
const MARGIN_SECONDS = 0.2;

export interface ClipSpan {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface SpeechClip extends ClipSpan {
  readonly path: string;
}

/** Spans of at most 28 s that hold all segments, in order and without overlap, cut in pauses wherever there are any. */
export function clipSpans(segments: readonly SpeechSegment[], activity: VoiceActivity): ClipSpan[] {
  const merged: { startSeconds: number; endSeconds: number }[] = [];
  for (const { startSeconds, endSeconds } of segments.flatMap((segment) => divided(segment, activity))) {
    const last = merged.at(-1);
    const fits =
      last !== undefined &&
      startSeconds - last.endSeconds < PARTING_SECONDS &&
      endSeconds - last.startSeconds <= LONGEST_SECONDS;
    if (fits) last.endSeconds = endSeconds;
    else merged.push({ startSeconds, endSeconds });
  }
  return merged.map((span, index) => {
    const before = index === 0 ? 0 : (merged[index - 1].endSeconds + span.startSeconds) / 2;
    const next = merged.at(index + 1);
    const after = next === undefined ? activity.durationSeconds : (span.endSeconds + next.startSeconds) / 2;
    return {
      startSeconds: Math.max(before, span.startSeconds - MARGIN_SECONDS),
      endSeconds: Math.min(after, span.endSeconds + MARGIN_SECONDS),
    };
  });
}

function divided(segment: ClipSpan, { probabilities, hopSeconds }: VoiceActivity): ClipSpan[] {
  const parts: ClipSpan[] = [];
  let { startSeconds } = segment;
  const longest = LONGEST_SECONDS - 2 * MARGIN_SECONDS;
  while (segment.endSeconds - startSeconds > longest) {
    const first = Math.round((startSeconds + EARLIEST_CUT_SECONDS) / hopSeconds);
    const last = Math.floor((startSeconds + longest) / hopSeconds);
    let cut = first;
    for (let frame = first; frame < Math.min(last, probabilities.length); frame++) {
      if (probabilities[frame] <= probabilities[cut]) cut = frame;
    }
    parts.push({ startSeconds, endSeconds: cut * hopSeconds });
    startSeconds = cut * hopSeconds;
  }
  return [...parts, { startSeconds, endSeconds: segment.endSeconds }];
}

/** Writes the spans as WAV files, 16 kHz, mono, 16 bits, into the context's folder, in one pass. @throws AppError as decoders do. */
export async function writeClips(
  spans: readonly ClipSpan[],
  source: SourceFile,
  context: OperationContext,
): Promise<SpeechClip[]> {
  const clips = spans.map((span, index) => ({ ...span, path: join(context.folder, `clip-${index}.wav`) }));
  let current = 0;
  let writer: WavWriter | null = null;
  let position = 0;
  try {
    for await (const { channels, length } of monoAudio(source, CLIP_SAMPLE_RATE, context)) {
      for (let taken = 0; taken < length && current < clips.length; ) {
        const clip = clips[current];
        const from = Math.round(clip.startSeconds * CLIP_SAMPLE_RATE) - position;
        const to = Math.round(clip.endSeconds * CLIP_SAMPLE_RATE) - position;
        taken = Math.max(taken, from);
        if (taken >= length) break;
        writer ??= await openWavWriter(clip.path, { sampleRate: CLIP_SAMPLE_RATE, channels: 1 }, "pcm16");
        const samples = channels[0].subarray(taken, Math.min(length, to));
        await writer.write({ channels: [samples], length: samples.length });
        taken += samples.length;
        if (taken < to) break;
        await writer.finish();
        writer = null;
        current++;
      }
      position += length;
      if (current === clips.length) break;
    }
    await writer?.finish();
    return clips.slice(0, writer === null ? current : current + 1);
  } finally {
    await writer?.close();
  }
}
