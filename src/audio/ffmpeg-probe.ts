/** What FFmpeg says of a file that it opens and does not decode. */
import type { AudioSource } from "./decoder.ts";
import type { Ffmpeg } from "./ffmpeg.ts";
import { ffmpegInput, startFfmpeg } from "./ffmpeg-process.ts";
import type { PartialProbe } from "./partial-probe.ts";
import { type AudioTags, cleanTags } from "./tags.ts";

/** An audiobook's report has a line or three for each of its chapters. */
const MOST_REPORT_CHARACTERS = 1_000_000;

const LOSSLESS = /^(pcm_(?!alaw|mulaw|vidc)|flac|alac|wavpack|ape|tta|tak|mlp|truehd|shorten|als|ralf|wmalossless|dsd)/;
const LAYOUT_CHANNELS: Readonly<Record<string, number>> = { mono: 1, stereo: 2, quad: 4, hexagonal: 6, octagonal: 8 };

/** A probe by FFmpeg, of the first audio stream; null when FFmpeg does not know the file or the signal aborts. */
export async function probeWithFfmpeg(
  ffmpeg: Ffmpeg,
  source: AudioSource,
  signal: AbortSignal,
): Promise<PartialProbe | null> {
  if (signal.aborted) return null;
  // Without an output FFmpeg prints what it found, and ends with an error.
  const child = startFfmpeg(
    ffmpeg,
    ["-hide_banner", "-nostdin", ...ffmpegInput(source)],
    source,
    signal,
    MOST_REPORT_CHARACTERS,
  );
  child.stdout.resume();
  const { stderr } = await child.exit;
  return parseFfmpegReport(stderr);
}

/** Reads the report that FFmpeg prints of its input; null when there is no audio stream in it. */
export function parseFfmpegReport(report: string): PartialProbe | null {
  const input = /^Input #0, (.+), from /m.exec(report)?.[1];
  const stream = /^ {2}Stream #0:\d+.*?: Audio: (.+)$/m.exec(report)?.[1];
  if (input === undefined || stream === undefined) return null;
  const codec = /^\w+/.exec(stream)?.[0] ?? null;
  const lossless = codec === null ? null : LOSSLESS.test(codec);
  const kbps = firstNumber(/, (\d+) kb\/s/, stream) ?? firstNumber(/^ {2}Duration: .*bitrate: (\d+) kb\/s/m, report);
  return {
    container: input.split(",")[0] ?? null,
    codec,
    sampleRateHz: firstNumber(/, (\d+) Hz/, stream),
    channels: channelCount(stream),
    bitDepth: lossless === true ? bitDepth(stream) : null,
    durationSeconds: duration(report),
    bitrateBps: kbps === null ? null : kbps * 1000,
    lossless,
    tags: reportedTags(report),
  };
}

/** "stereo", "5.1(side)", "7 channels", "4 channels (FL+FR+LFE+BC)". */
function channelCount(stream: string): number | null {
  const layout = / Hz, ([^,]+)/.exec(stream)?.[1] ?? "";
  const counted = firstNumber(/^(\d+) channels/, layout);
  if (counted !== null) return counted;
  const places = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(layout);
  if (places !== null) return places.slice(1).reduce((sum, count) => sum + Number(count ?? 0), 0);
  return LAYOUT_CHANNELS[/^\w+/.exec(layout)?.[0] ?? ""] ?? null;
}

/** The codec's name ("pcm_s24le"), else the note on the decoded format ("s32 (24 bit)"), else that format ("s16p"). */
function bitDepth(stream: string): number | null {
  return (
    firstNumber(/^pcm_[a-z](\d+)/, stream) ??
    firstNumber(/\((\d+) bit\)/, stream) ??
    firstNumber(/, [su](\d+)p?\b/, stream)
  );
}

function duration(report: string): number | null {
  const [, hours, minutes, seconds] = /^ {2}Duration: (\d+):(\d+):(\d+\.\d+)/m.exec(report) ?? [];
  if (hours === undefined) return null;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) || null;
}

/** FFmpeg breaks a tag of several lines into continuation lines, so no tag can forge a line of the report. */
function reportedTags(report: string): AudioTags {
  const found = new Map<string, string>();
  for (const [, name = "", value = ""] of report.matchAll(/^ {4,8}([\w-]+) *: (.*)$/gm)) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, value);
  }
  const genre = found.get("genre");
  return cleanTags({
    title: found.get("title"),
    artist: found.get("artist"),
    album: found.get("album"),
    albumArtist: found.get("album_artist"),
    composer: found.get("composer"),
    genre: genre === undefined ? [] : genre.split(";"),
    year: found.get("date") ?? found.get("year"),
    trackNumber: found.get("track"),
    bpm: found.get("tbpm") ?? found.get("bpm"),
    key: found.get("initialkey") ?? found.get("tkey"),
    comment: found.get("comment"),
    encoder: found.get("encoder"),
  });
}

/** Null for 0 too: no rate, count or depth of a sound file is 0. */
function firstNumber(pattern: RegExp, text: string): number | null {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined || Number(digits) === 0 ? null : Number(digits);
}
