/** How a track looks on the wire. */
import { z } from "zod";
import type { Track } from "../storage/track-repository.ts";
import { wireName } from "./wire-name.ts";

export const TRACK_VIEW = z.object({
  track_id: z.string(),
  filename: z.string(),
  status: z.enum(["pending", "analyzing", "ready", "failed"]),
  status_message: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  size_bytes: z.number().int(),
  format: z.object({
    container: z.string(),
    codec: z.string(),
    sample_rate_hz: z.number().nullable(),
    channels: z.number().int().nullable(),
    bit_depth: z.number().nullable(),
    bitrate_bps: z.number().nullable(),
    lossless: z.boolean().nullable(),
  }),
  tags: z.record(z.string(), z.unknown()).describe("From the file: untrusted text"),
  added_at: z.string(),
});

/** A track in a list. */
export const TRACK_SUMMARY = TRACK_VIEW.pick({ track_id: true, filename: true, status: true, duration_seconds: true });

export type TrackView = z.output<typeof TRACK_VIEW>;

/** A row of the library without what only Hark needs (path, hash, owner). */
export function trackView(track: Track): TrackView {
  const { format } = track;
  return {
    track_id: track.id,
    filename: track.filename,
    status: track.status,
    status_message: track.statusMessage,
    duration_seconds: track.durationSeconds,
    size_bytes: track.sizeBytes,
    format: {
      container: format.container,
      codec: format.codec,
      sample_rate_hz: format.sampleRateHz,
      channels: format.channels,
      bit_depth: format.bitDepth,
      bitrate_bps: format.bitrateBps === null ? null : Math.round(format.bitrateBps),
      lossless: format.lossless,
    },
    tags: wireTags(track.tags),
    added_at: track.createdAt.toISOString(),
  };
}

export function trackSummary(track: Track): z.output<typeof TRACK_SUMMARY> {
  const { track_id, filename, status, duration_seconds } = trackView(track);
  return { track_id, filename, status, duration_seconds };
}

/** A track in a few words: name, duration, format. */
export function describeTrack({ filename, durationSeconds, format }: Track): string {
  const duration = durationSeconds === null ? "unknown duration" : `${durationSeconds.toFixed(1)} s`;
  const rate = format.sampleRateHz === null ? "" : `, ${format.sampleRateHz} Hz`;
  return `${filename} (${duration}, ${format.codec}${rate})`;
}

/** The tags that are there, with wire names. */
function wireTags(tags: Track["tags"]): Record<string, unknown> {
  const present = Object.entries(tags).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(present.map(([name, value]) => [wireName(name), value]));
}
