/** Words of fields' names in prose. */

/** Words that stand in many fields and name none of them. */
const COMMON = /^(?:mean|share|shares|ratio|percent|seconds|count)$/;
/** Shorter words are parts of too many others. */
const SHORTEST = 4;

/** Whether a text has a word of a field's name: "stable" is enough for "tempo_stability". */
export function speaksOf(text: string, name: string): boolean {
  const lower = text.toLowerCase();
  const stem = (word: string) => word.slice(0, Math.max(SHORTEST, word.length - 3));
  return name
    .split(/[_. ]/)
    .some((word) => word.length >= SHORTEST && !COMMON.test(word) && lower.includes(stem(word)));
}
