/** Tags are text written by strangers and shown to people and models: cleaned, limited, and in fields of their own. */

const MOST_CHARACTERS = 200;
const MOST_ITEMS = 10;

/** Longer text is cut before anything else is done with it. */
const MOST_RAW_CHARACTERS = 4000;

/** A file's tags; null where it has none. Untrusted text. */
export interface AudioTags {
  readonly title: string | null;
  readonly artist: string | null;
  readonly album: string | null;
  readonly albumArtist: string | null;
  readonly composer: string | null;
  readonly genre: readonly string[];
  readonly year: number | null;
  readonly trackNumber: number | null;
  /** The tempo that somebody wrote into the file, not a measured one. */
  readonly bpm: number | null;
  /** The key that somebody wrote into the file, not a measured one. */
  readonly key: string | null;
  readonly comment: string | null;
  readonly encoder: string | null;
}

/** Tags as a reader found them, of any type. */
export type RawTags = { readonly [Tag in keyof AudioTags]: unknown };

/** Cleaned tags: see `cleanText` for text; numbers out of their range are null; lists have at most ten entries. */
export function cleanTags(raw: RawTags): AudioTags {
  return {
    title: cleanText(raw.title),
    artist: cleanText(raw.artist),
    album: cleanText(raw.album),
    albumArtist: cleanText(raw.albumArtist),
    composer: cleanText(raw.composer),
    genre: cleanList(raw.genre),
    year: numberWithin(raw.year, 1, 9999, true),
    trackNumber: numberWithin(raw.trackNumber, 1, 9999, true),
    bpm: numberWithin(raw.bpm, 1, 1000, false),
    key: cleanText(raw.key),
    comment: cleanText(raw.comment),
    encoder: cleanText(raw.encoder),
  };
}

/**
 * One line of at most 200 characters in NFC. Line breaks and other control characters become spaces; what is not seen
 * (bidirectional overrides, zero-width and tag characters, variation selectors, private use, lone surrogates) is removed.
 * Null for what is no text, or empty after that.
 */
export function cleanText(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = value
    .slice(0, MOST_RAW_CHARACTERS)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")
    .replace(/[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu, "")
    .normalize("NFC")
    .replace(/\s+/gu, " ")
    .trim();
  const cut = Array.from(text).slice(0, MOST_CHARACTERS).join("").trim();
  return cut === "" ? null : cut;
}

function cleanList(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, MOST_ITEMS)
    .map(cleanText)
    .filter((text) => text !== null);
}

function numberWithin(value: unknown, least: number, most: number, whole: boolean): number | null {
  const number = typeof value === "string" ? Number.parseFloat(value) : value;
  if (typeof number !== "number" || !(number >= least && number <= most)) return null;
  return whole ? Math.floor(number) : number;
}
