/** Who says what: turns of speakers laid over words and segments. */
import type { SpeakerTurn } from "../models/speech-message.ts";
import type { RecognisedSegment, RecognisedWord } from "./speech-recogniser.ts";

interface LabelledTurn {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly label: string;
}

/** What a speaker said of the recording. */
export interface SpeakerShare {
  readonly speaker: string;
  readonly speechSeconds: number;
}

/** Labels in the order in which speakers are heard first: `S1`, `S2`. Emptiness gives none. */
export function labelledTurns(turns: readonly SpeakerTurn[]): LabelledTurn[] {
  const labels = new Map<number, string>();
  const inTime = [...turns].sort((a, b) => a.startSeconds - b.startSeconds);
  return inTime.map(({ startSeconds, endSeconds, speaker }) => {
    const label = labels.get(speaker) ?? `S${labels.size + 1}`;
    labels.set(speaker, label);
    return { startSeconds, endSeconds, label };
  });
}

/** By label, the length of each speaker's turns. */
export function speakerShares(turns: readonly LabelledTurn[]): SpeakerShare[] {
  const seconds = new Map<string, number>();
  for (const { label, startSeconds, endSeconds } of turns) {
    seconds.set(label, (seconds.get(label) ?? 0) + endSeconds - startSeconds);
  }
  return [...seconds].map(([speaker, speechSeconds]) => ({ speaker, speechSeconds }));
}

/**
 * The segments with the speaker of the greatest overlap; one without overlap takes the nearest turn. A segment with words is parted where
 * the speaker changes. Without turns nothing is labelled.
 */
export function withSpeakers(
  segments: readonly RecognisedSegment[],
  turns: readonly LabelledTurn[],
): readonly RecognisedSegment[] {
  if (turns.length === 0) return segments;
  return segments.flatMap((segment) => {
    if (segment.words.length === 0) return [{ ...segment, speaker: speakerOf(segment, turns) }];
    const words = segment.words.map((word) => ({ ...word, speaker: speakerOf(word, turns) }));
    const runs: (typeof words)[] = [];
    for (const word of words) {
      const run = runs.at(-1);
      if (run !== undefined && run[0].speaker === word.speaker) run.push(word);
      else runs.push([word]);
    }
    const [{ speaker }] = words;
    // Its own text may hold more than the words: marks, spaces of its script.
    if (runs.length === 1) return [{ ...segment, words, speaker }];
    return partedText(segment.text, runs).map((text, index) => ofRun(text, runs[index]));
  });
}

function ofRun(text: string, words: readonly (RecognisedWord & { readonly speaker: string })[]) {
  const [{ startSeconds, speaker }] = words;
  const known = words.flatMap(({ confidence }) => confidence ?? []);
  const confidence = known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  return { text, startSeconds, endSeconds: words[words.length - 1].endSeconds, confidence, speaker, words };
}

/** The text cut where each run begins; where a word is not found in it, the words with spaces. */
function partedText(text: string, runs: readonly (readonly RecognisedWord[])[]): string[] {
  const starts: number[] = [];
  let cursor = 0;
  for (const run of runs) {
    for (const [index, word] of run.entries()) {
      const at = text.indexOf(word.text, cursor);
      if (at < 0) return runs.map((words) => words.map((spoken) => spoken.text).join(" "));
      if (index === 0) starts.push(at);
      cursor = at + word.text.length;
    }
  }
  return starts.map((start, index) => text.slice(index === 0 ? 0 : start, starts.at(index + 1) ?? text.length).trim());
}

function speakerOf({ startSeconds, endSeconds }: RecognisedWord, turns: readonly LabelledTurn[]): string {
  const overlaps = new Map<string, number>();
  let [nearest, gapSeconds] = [turns[0].label, Number.POSITIVE_INFINITY];
  for (const turn of turns) {
    const seconds = Math.min(endSeconds, turn.endSeconds) - Math.max(startSeconds, turn.startSeconds);
    if (seconds > 0) overlaps.set(turn.label, (overlaps.get(turn.label) ?? 0) + seconds);
    if (-seconds < gapSeconds) [nearest, gapSeconds] = [turn.label, -seconds];
  }
  const [most] = [...overlaps].sort((a, b) => b[1] - a[1]);
  return most?.[0] ?? nearest;
}
