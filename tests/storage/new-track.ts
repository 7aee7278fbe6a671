/** A track to store in tests, with bytes of its own unless a hash is given. */
import { randomBytes } from "node:crypto";
import type { NewTrack } from "../../src/storage/track-repository.ts";

export function newTrack(values: Partial<NewTrack>): NewTrack {
  return {
    sha256: randomBytes(32).toString("hex"),
    filename: "song.wav",
    path: "/music/song.wav",
    fileStamp: "1",
    sizeBytes: 44_100,
    durationSeconds: 1,
    format: {
      container: "wav",
      codec: "pcm",
      sampleRateHz: 44_100,
      channels: 2,
      bitDepth: 16,
      bitrateBps: 1_411_200,
      lossless: true,
    },
    tags: {
      title: null,
      artist: null,
      album: null,
      albumArtist: null,
      composer: null,
      genre: [],
      year: null,
      trackNumber: null,
      bpm: null,
      key: null,
      comment: null,
      encoder: null,
    },
    ...values,
  };
}
