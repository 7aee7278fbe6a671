/** From the tokens of a recogniser, which are parts of words, to words and sentences with times. */
import type { SpeechOutput } from "../models/speech-message.ts";
import type { RecognisedSegment, RecognisedWord } from "./speech-recogniser.ts";

/** A token whose end the model does not give lasts no longer. */
const LONGEST_TOKEN_SECONDS = 0.4;
/** Between the beginnings of words: a longer one parts segments. */
const PARTING_SECONDS = 1.5;
const LONGEST_SEGMENT_SECONDS = 12;
const SENTENCE_END = /[.!?…。！？]["'”’)»]?$/u;
/** Scripts without spaces, and their marks: each sign counts as a word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\u3000-\u303f\uff00-\uff65]/u;
const ROUNDING = 1e-3;

interface PlacedWord extends RecognisedWord {
  /** Where it begins in the text. */
  readonly from: number;
}

/**
 * The segments of a clip: sentences where the tokens have times, else the model's own, else the whole clip. Times lie in the clip;
 * without times of tokens there are no words. Emptiness gives none.
 */
export function tokenSegments(output: SpeechOutput, clipSeconds: number): RecognisedSegment[] {
  const text = output.text.trim();
  if (text === "") return [];
  const words = placedWords(text, output, clipSeconds);
  if (words.length > 0) return sentences(text, words);
  const own = output.segments.filter((segment) => segment.text.trim() !== "");
  const confidence = probability(output.logProbabilities);
  if (own.length === 0) return [{ text, startSeconds: 0, endSeconds: clipSeconds, confidence, words: [] }];
  return own.map(({ text: spoken, startSeconds, durationSeconds }) => {
    const start = Math.min(clipSeconds, Math.max(0, startSeconds));
    const end = Math.min(clipSeconds, Math.max(start, startSeconds + durationSeconds));
    return { text: spoken.trim(), startSeconds: start, endSeconds: end, confidence, words: [] };
  });
}

interface PlacedToken {
  readonly from: number;
  readonly to: number;
  readonly startSeconds: number;
  readonly durationSeconds: number | null;
  readonly logProbability: number | null;
}

/** The words of the text: what lies between its spaces. None where tokens have no times or are not found in the text. */
function placedWords(text: string, output: SpeechOutput, clipSeconds: number): PlacedWord[] {
  const tokens = placedTokens(text, output);
  if (tokens === null) return [];
  const groups: PlacedToken[][] = [];
  for (const [index, token] of tokens.entries()) {
    const before = tokens.at(index - 1);
    const begins = index === 0 || before === undefined || before.to < token.from || isUnspaced(text, before, token);
    if (begins) groups.push([token]);
    else groups.at(-1)?.push(token);
  }
  return groups.map((group, index) => {
    const [first] = group;
    const last = group[group.length - 1];
    const next = groups.at(index + 1)?.[0].startSeconds ?? clipSeconds;
    const latest = Math.min(next, clipSeconds);
    const startSeconds = Math.min(first.startSeconds, clipSeconds);
    const lasting = last.durationSeconds ?? LONGEST_TOKEN_SECONDS;
    return {
      text: text.slice(first.from, last.to),
      from: first.from,
      startSeconds,
      endSeconds: Math.max(startSeconds, Math.min(latest, last.startSeconds + lasting)),
      confidence: probability(group.flatMap(({ logProbability }) => logProbability ?? [])),
    };
  });
}

function isUnspaced(text: string, before: PlacedToken, token: PlacedToken): boolean {
  const [left, right] = [text.slice(before.from, before.to), text.slice(token.from, token.to)];
  // A mark belongs to the sign before it.
  return (UNSPACED.test(left) || UNSPACED.test(right)) && /[\p{L}\p{N}]/u.test(right);
}

/** Each token at its place in the text, spaces left out; null when one is not there, as a part of a character is not. */
function placedTokens(text: string, output: SpeechOutput): PlacedToken[] | null {
  const { tokens, startsSeconds, durationsSeconds, logProbabilities } = output;
  if (tokens.length === 0 || startsSeconds.length !== tokens.length) return null;
  const hasDurations = durationsSeconds.length === tokens.length;
  const hasProbabilities =
    logProbabilities.length === tokens.length && logProbabilities.every((log) => log <= ROUNDING);
  const placed: PlacedToken[] = [];
  let cursor = 0;
  for (const [index, token] of tokens.entries()) {
    // Paraformer marks with @@ that a word goes on.
    const spoken = token.replaceAll("▁", " ").replace(/@@$/, "").trim();
    if (spoken === "" || /^<\|.*\|>$/.test(spoken)) continue;
    while (/\s/.test(text.charAt(cursor))) cursor++;
    const to = cursor + spoken.length;
    if (text.slice(cursor, to).toLowerCase() !== spoken.toLowerCase()) return null;
    placed.push({
      from: cursor,
      to,
      startSeconds: Math.max(0, startsSeconds[index]),
      // 0 is what the model gives for a token that it cannot place.
      durationSeconds: hasDurations && durationsSeconds[index] > 0 ? durationsSeconds[index] : null,
      logProbability: hasProbabilities ? logProbabilities[index] : null,
    });
    cursor = to;
  }
  return text.slice(cursor).trim() === "" ? placed : null;
}

function sentences(text: string, words: readonly PlacedWord[]): RecognisedSegment[] {
  const groups: PlacedWord[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const parts =
      group === undefined ||
      last === undefined ||
      SENTENCE_END.test(last.text) ||
      word.startSeconds - last.startSeconds > PARTING_SECONDS ||
      word.endSeconds - group[0].startSeconds > LONGEST_SEGMENT_SECONDS;
    if (parts) groups.push([word]);
    else group.push(word);
  }
  return groups.map((group, index) => ({
    text: text.slice(group[0].from, groups.at(index + 1)?.[0].from ?? text.length).trim(),
    startSeconds: group[0].startSeconds,
    endSeconds: group[group.length - 1].endSeconds,
    confidence: meanConfidence(group),
    words: group.map(({ from: _, ...word }) => word),
  }));
}

function meanConfidence(words: readonly RecognisedWord[]): number | null {
  const known = words.flatMap(({ confidence }) => confidence ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The geometric mean of probabilities; null of none, and where they are no logarithms of probabilities. */
function probability(logProbabilities: readonly number[]): number | null {
  if (logProbabilities.length === 0 || logProbabilities.some((log) => log > ROUNDING)) return null;
  const mean = logProbabilities.reduce((sum, log) => sum + log, 0) / logProbabilities.length;
  return Math.min(1, Math.exp(mean));
}
