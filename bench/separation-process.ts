/** Separates one recording by the classic engine in a process of its own, and prints what it took. Started by bench/separation.ts. */
import { argv, cpuUsage, resourceUsage } from "node:process";
import { findFfmpeg } from "../src/audio/ffmpeg.ts";
import type { OperationContext } from "../src/processing/operation.ts";
import { separateStems } from "../src/processing/separate-stems.ts";

const [path, folder] = argv.slice(2);
const ffmpeg = await findFfmpeg(null);
if (ffmpeg === null) throw new Error("separation needs FFmpeg");
const context: OperationContext = {
  ffmpeg,
  limits: { maxFileBytes: 4e9, maxDurationSeconds: 14_400, maxChannels: 8, maxDecodeSeconds: 600 },
  folder,
  signal: new AbortController().signal,
  progress: () => {},
};
const probe = {
  container: "wav",
  codec: "pcm_s16le",
  sampleRateHz: 44_100,
  channels: 2,
  bitDepth: 16,
  durationSeconds: null,
  bitrateBps: null,
  lossless: true,
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
};
const parameters = separateStems.input.parse({ engine: "classic" });
const { value } = await separateStems.run({ path, filename: "recording.wav", probe }, parameters, context);
const { user, system } = cpuUsage();
const result = {
  audioSeconds: value.duration_seconds,
  wallSeconds: value.seconds_used,
  cpuSeconds: (user + system) / 1e6,
  peakMib: resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(result));
