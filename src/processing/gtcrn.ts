/** Speech without its noise, by GTCRN: a recurrent network over the spectra of frames of 32 ms at 16 kHz. */
import type { Spectrogram } from "../dsp/stft.ts";
import { AppError } from "../errors.ts";
import type { InferenceSession, Tensor } from "../models/inference.ts";

/** Frames of 32 ms, one every 16 ms, with the square root of a Hann window; at another rate they are as long in seconds. */
export const GTCRN = { sampleRate: 16_000, nFft: 512, bins: 257 } as const;

/** Which output of a frame is which input of the next. */
const STATE = {
  conv_cache: "conv_cache_out",
  tra_cache: "tra_cache_out",
  inter_cache: "inter_cache_out",
} as const;

/**
 * Takes the spectra of one channel, 257 bins from 0 to 8 kHz, in order, and gives them without the noise; the state is kept between calls.
 * Rong, Sun, Zhang, Hu, Zhu & Lu, "GTCRN: a speech enhancement model requiring ultralow computational resources", Proc. ICASSP, 2024.
 * @throws AppError internal when the network is another.
 */
export function openGtcrn(session: InferenceSession): (spectra: Spectrogram) => Promise<Spectrogram> {
  let state = Object.fromEntries(Object.keys(STATE).map((name) => [name, zeros(session, name)]));
  return async ({ frames, bins, real, imaginary }) => {
    const mix = { data: new Float32Array(2 * frames * bins), dims: [frames, 1, bins, 1, 2] };
    for (let cell = 0; cell < real.length; cell++) {
      mix.data[2 * cell] = real[cell];
      mix.data[2 * cell + 1] = imaginary[cell];
    }
    const scanned = await session.scan({ steps: { mix }, constants: {}, state: STATE, initial: state });
    state = { ...scanned.state };
    const { data } = scanned.outputs.enh ?? { data: new Float32Array(0) };
    if (data.length !== mix.data.length) throw otherNetwork();
    const result = { frames, bins, real: new Float32Array(real.length), imaginary: new Float32Array(real.length) };
    for (let cell = 0; cell < real.length; cell++) {
      result.real[cell] = data[2 * cell];
      result.imaginary[cell] = data[2 * cell + 1];
    }
    return result;
  };
}

function zeros({ inputs }: InferenceSession, name: string): Tensor {
  const dims = inputs.find((input) => input.name === name)?.dims.map((size) => size ?? 1);
  if (dims === undefined) throw otherNetwork();
  return { data: new Float32Array(dims.reduce((product, size) => product * size, 1)), dims };
}

function otherNetwork(): AppError {
  const message =
    "The file of GTCRN has other inputs or outputs than expected. Get the version that the manifest names.";
  return new AppError("internal", message);
}
