/** Recordings with known answers. */
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";

const SAMPLE_RATE = 44_100;
const WAV_HEADER_BYTES = 44;

/** A mono sine of amplitude 0.5 at 1 kHz: RMS -9.03 dBFS, peak -6.02 dBFS, 2000 zero crossings a second. */
export function sineFile(seconds: number): Buffer {
  return wavFile([sine(1000, SAMPLE_RATE, Math.round(seconds * SAMPLE_RATE))], SAMPLE_RATE);
}

/** A click every half second: 120 BPM. */
export function clicksFile(seconds: number): Buffer {
  return repeated(wavFile([clicks()], SAMPLE_RATE), seconds);
}

/** Clicks on the left and noise on the right: nothing in it is silent. */
export function stereoFile(seconds: number): Buffer {
  return repeated(wavFile([clicks(), noise(SAMPLE_RATE, 1, 0.1)], SAMPLE_RATE), seconds);
}

function clicks(): Float32Array {
  const second = new Float32Array(SAMPLE_RATE);
  const click = sine(1500, SAMPLE_RATE, 1000, 0.8).map((value, n) => value * Math.exp(-n / 200));
  second.set(click, 0);
  second.set(click, SAMPLE_RATE / 2);
  return second;
}

/** A WAV file whose samples are those of another, several times over. */
function repeated(file: Buffer, times: number): Buffer {
  const samples = file.subarray(WAV_HEADER_BYTES);
  const whole = Buffer.concat([file.subarray(0, WAV_HEADER_BYTES), ...Array<Buffer>(times).fill(samples)]);
  whole.writeUInt32LE(whole.length - 8, 4);
  whole.writeUInt32LE(whole.length - WAV_HEADER_BYTES, 40);
  return whole;
}
