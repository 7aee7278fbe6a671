/** Chapters of a recording, and how Vorbis comments write them. */

export interface Chapter {
  readonly startSeconds: number;
  /** Null where the file does not say: until the next one, the last until the end. */
  readonly endSeconds: number | null;
  /** Untrusted text. */
  readonly title: string;
}

export const MOST_CHAPTERS = 1000;
const MOST_TITLE_CHARACTERS = 1000;

const FIELD = /^CHAPTER(\d{3})(NAME)?$/;
const TIME = /^(\d{1,4}):([0-5]?\d):([0-5]?\d(?:\.\d{1,9})?)$/;

/** By their beginning, with titles of a bearable length; what has no time is left out. At most 1000. */
export function orderedChapters(chapters: readonly Chapter[]): readonly Chapter[] {
  return chapters
    .filter(({ startSeconds }) => Number.isFinite(startSeconds) && startSeconds >= 0)
    .map(({ startSeconds, endSeconds, title }) => ({
      startSeconds,
      endSeconds: endSeconds !== null && endSeconds > startSeconds ? endSeconds : null,
      title: title.replaceAll("\0", "").slice(0, MOST_TITLE_CHARACTERS),
    }))
    .sort((one, other) => one.startSeconds - other.startSeconds)
    .slice(0, MOST_CHAPTERS);
}

/**
 * With an end each, for formats that need one: the next one's beginning, or the recording's end; of the last one its beginning where no
 * duration is known.
 */
export function closedChapters(
  chapters: readonly Chapter[],
  durationSeconds: number | null,
): readonly (Chapter & { readonly endSeconds: number })[] {
  return chapters.map((chapter, index) => {
    const next = chapters[index + 1]?.startSeconds ?? durationSeconds ?? chapter.startSeconds;
    return { ...chapter, endSeconds: chapter.endSeconds ?? Math.max(chapter.startSeconds, next) };
  });
}

/**
 * Comments from CHAPTER000, when it begins, and CHAPTER000NAME, what it is called; these have no ends. xiph.org, "Chapter Extension".
 */
export function chapterComments(chapters: readonly Chapter[]): readonly (readonly [name: string, value: string])[] {
  return chapters.flatMap(({ startSeconds, title }, index) => {
    const name = `CHAPTER${String(index).padStart(3, "0")}`;
    return [[name, timeText(startSeconds)] as const, [`${name}NAME`, title] as const];
  });
}

export function isChapterComment(name: string): boolean {
  return FIELD.test(name);
}

/** Takes the chapters out of Vorbis comments (upper case); those without a readable time stay comments. */
export function takeChapterComments(fields: Map<string, readonly string[]>): readonly Chapter[] {
  const chapters: Chapter[] = [];
  for (const [name, values] of [...fields]) {
    const [, number, isName] = FIELD.exec(name) ?? [];
    const startSeconds = timeOf(values[0] ?? "");
    if (number === undefined || isName !== undefined || startSeconds === null) continue;
    const key = `CHAPTER${number}NAME`;
    chapters.push({ startSeconds, endSeconds: null, title: fields.get(key)?.[0] ?? "" });
    fields.delete(name);
    fields.delete(key);
  }
  return chapters;
}

function timeOf(text: string): number | null {
  const [, hours, minutes, seconds] = TIME.exec(text.trim()) ?? [];
  return hours === undefined ? null : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** `HH:MM:SS.mmm`. */
function timeText(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const rest = String(milliseconds % 1000).padStart(3, "0");
  return `${two(milliseconds / 3_600_000)}:${two((milliseconds / 60_000) % 60)}:${two((milliseconds / 1000) % 60)}.${rest}`;
}
