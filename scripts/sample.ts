/** Makes samples/groove.wav: twelve seconds of drums, bass and chords at 112 BPM in A minor, synthesised here. */
import { writeGenerated } from "./generated-file.ts";

const SAMPLE_RATE = 22_050;
const TEMPO_BPM = 112;
const BARS = 6;
const BEATS_PER_BAR = 4;
const BEAT_SECONDS = 60 / TEMPO_BPM;
const LENGTH = Math.round(BARS * BEATS_PER_BAR * BEAT_SECONDS * SAMPLE_RATE);

/** Root of each bar's chord in Hz and whether it is minor: Am F C G, twice begun. */
const CHORDS = [
  { rootHz: 220, minor: true },
  { rootHz: 174.614, minor: false },
  { rootHz: 261.626, minor: false },
  { rootHz: 195.998, minor: false },
  { rootHz: 220, minor: true },
  { rootHz: 174.614, minor: false },
];

const signal = new Float64Array(LENGTH);
const noise = pseudoRandom(1);

for (const [bar, { rootHz, minor }] of CHORDS.entries()) {
  for (let beat = 0; beat < BEATS_PER_BAR; beat++) {
    const at = (bar * BEATS_PER_BAR + beat) * BEAT_SECONDS;
    if (beat % 2 === 0)
      add(at, 0.25, (t) => 0.8 * Math.exp(-t * 18) * Math.sin(2 * Math.PI * (48 * t + 9 * (1 - Math.exp(-t * 30)))));
    else add(at, 0.2, (t) => 0.45 * Math.exp(-t * 24) * noise());
    for (const half of [0, 0.5]) add(at + half * BEAT_SECONDS, 0.05, (t) => 0.16 * Math.exp(-t * 90) * noise());
    add(at, BEAT_SECONDS * 0.9, (t) => 0.28 * Math.exp(-t * 4) * harmonics(rootHz / 4, t, 5));
  }
  const third = rootHz * 2 ** ((minor ? 3 : 4) / 12);
  const fifth = rootHz * 2 ** (7 / 12);
  for (const hz of [rootHz, third, fifth]) {
    add(
      bar * BEATS_PER_BAR * BEAT_SECONDS,
      BEATS_PER_BAR * BEAT_SECONDS,
      (t) => 0.07 * Math.exp(-t * 0.8) * harmonics(hz, t, 4),
    );
  }
}

writeGenerated("samples/groove.wav", wavOf(signal));

function add(startSeconds: number, seconds: number, sound: (t: number) => number): void {
  const start = Math.round(startSeconds * SAMPLE_RATE);
  const end = Math.min(LENGTH, start + Math.round(seconds * SAMPLE_RATE));
  for (let n = start; n < end; n++) signal[n] += sound((n - start) / SAMPLE_RATE);
}

function harmonics(hz: number, t: number, count: number): number {
  let sum = 0;
  for (let k = 1; k <= count; k++) sum += Math.sin(2 * Math.PI * k * hz * t) / k;
  return sum;
}

/** Numbers in [-1, 1), the same in every run (mulberry32). */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** Mono 16-bit PCM, with its peak at 0.9. */
function wavOf(samples: Float64Array): Buffer {
  const peak = samples.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const wav = Buffer.alloc(44 + 2 * samples.length);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SAMPLE_RATE, 24);
  wav.writeUInt32LE(2 * SAMPLE_RATE, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(2 * samples.length, 40);
  for (const [n, value] of samples.entries()) wav.writeInt16LE(Math.round((0.9 * 32_767 * value) / peak), 44 + 2 * n);
  return wav;
}
