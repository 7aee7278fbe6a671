/** What the same tag is called in each format: data, not code. */

export interface TagName {
  /** The Vorbis comment's name, which is Hark's own. */
  readonly name: string;
  /** Text frames of ID3v2; the first is written, all are read. */
  readonly id3: readonly string[];
  /** Item of an MP4 file; null: a free-form item of the same name. */
  readonly mp4: string | null;
  /** Chunk of a WAV file's INFO list. */
  readonly info: string | null;
}

/** xiph.org, "Ogg Vorbis I format specification: comment field"; id3.org, "ID3 tag version 2.4.0 – Native Frames", 2000. */
export const TAG_NAMES: readonly TagName[] = [
  { name: "TITLE", id3: ["TIT2", "TT2"], mp4: "©nam", info: "INAM" },
  { name: "ARTIST", id3: ["TPE1", "TP1"], mp4: "©ART", info: "IART" },
  { name: "ALBUM", id3: ["TALB", "TAL"], mp4: "©alb", info: "IPRD" },
  { name: "ALBUMARTIST", id3: ["TPE2", "TP2"], mp4: "aART", info: null },
  { name: "COMPOSER", id3: ["TCOM", "TCM"], mp4: "©wrt", info: "IMUS" },
  { name: "GENRE", id3: ["TCON", "TCO"], mp4: "©gen", info: "IGNR" },
  { name: "DATE", id3: ["TDRC", "TYER", "TYE"], mp4: "©day", info: "ICRD" },
  { name: "COPYRIGHT", id3: ["TCOP", "TCR"], mp4: "cprt", info: "ICOP" },
  { name: "GROUPING", id3: ["TIT1", "TT1"], mp4: "©grp", info: null },
  { name: "DESCRIPTION", id3: [], mp4: "desc", info: null },
  { name: "SUBTITLE", id3: ["TIT3", "TT3"], mp4: null, info: null },
  { name: "CONDUCTOR", id3: ["TPE3", "TP3"], mp4: null, info: null },
  { name: "REMIXER", id3: ["TPE4", "TP4"], mp4: null, info: null },
  { name: "LYRICIST", id3: ["TEXT", "TXT"], mp4: null, info: null },
  { name: "ORGANIZATION", id3: ["TPUB", "TPB"], mp4: null, info: null },
  { name: "ISRC", id3: ["TSRC", "TRC"], mp4: null, info: "ISRC" },
  { name: "BPM", id3: ["TBPM", "TBP"], mp4: null, info: null },
  { name: "INITIALKEY", id3: ["TKEY", "TKE"], mp4: null, info: null },
  { name: "LANGUAGE", id3: ["TLAN", "TLA"], mp4: null, info: "ILNG" },
  { name: "MOOD", id3: ["TMOO"], mp4: null, info: null },
  { name: "MEDIA", id3: ["TMED", "TMT"], mp4: null, info: "IMED" },
  { name: "TITLESORT", id3: ["TSOT"], mp4: "sonm", info: null },
  { name: "ARTISTSORT", id3: ["TSOP"], mp4: "soar", info: null },
  { name: "ALBUMSORT", id3: ["TSOA"], mp4: "soal", info: null },
  { name: "ORIGINALDATE", id3: ["TDOR", "TORY"], mp4: null, info: null },
  { name: "ENCODEDBY", id3: ["TENC", "TEN"], mp4: null, info: "ITCH" },
  { name: "COMMENT", id3: [], mp4: "©cmt", info: "ICMT" },
  { name: "LYRICS", id3: [], mp4: "©lyr", info: null },
];

/** Numbers written as "3/12" in ID3 and as two comments, or two numbers of one item, elsewhere. */
export const COUNTED_TAGS = [
  { number: "TRACKNUMBER", total: "TRACKTOTAL", id3: ["TRCK", "TRK"], mp4: "trkn", info: "IPRT" },
  { number: "DISCNUMBER", total: "DISCTOTAL", id3: ["TPOS", "TPA"], mp4: "disk", info: null },
] as const;

/** They tell of the old coding and would be wrong of a new one. */
export const TAGS_OF_THE_CODING: ReadonlySet<string> = new Set([
  "ENCODER",
  "ENCODERSETTINGS",
  "ENCODER SETTINGS",
  "ENCODING",
  "ITUNSMPB",
  "LENGTH",
  "TLEN",
  "TSSE",
  "WAVEFORMATEXTENSIBLE_CHANNEL_MASK",
]);

/** They tell of the old loudness and would be wrong once the level is changed. */
export function isLoudnessTag(name: string): boolean {
  return /^(REPLAYGAIN_|R128_|ITUNNORM$|MP3GAIN_)/.test(name);
}
