/** Convolutional networks by their definition, in double precision. */
import type { ConvolutionBlock, ConvolutionLayer } from "../../../src/dsp/convolution-network.ts";

/** `[frame][channel]` in and out, zeros before and after. */
export function referenceNetwork(blocks: readonly ConvolutionBlock[], input: readonly Float64Array[]): Float64Array[] {
  return blocks.reduce<Float64Array[]>(
    (rows, { layers, residual }) => {
      const output = layers.reduce(referenceLayer, rows);
      return residual ? output.map((row, frame) => row.map((value, channel) => value + rows[frame][channel])) : output;
    },
    [...input],
  );
}

function referenceLayer(rows: Float64Array[], layer: ConvolutionLayer): Float64Array[] {
  const { kind, inChannels, outChannels, taps, dilation, rectified, weights, bias } = layer;
  return rows.map((_, frame) =>
    Float64Array.from({ length: outChannels }, (_, out) => {
      let sum = bias[out];
      for (let tap = 0; tap < taps; tap++) {
        const row = rows[frame + (tap - (taps - 1) / 2) * dilation];
        if (row === undefined) continue;
        if (kind === "depthwise") sum += weights[tap * outChannels + out] * row[out];
        else
          for (let channel = 0; channel < inChannels; channel++) {
            sum += weights[(tap * inChannels + channel) * outChannels + out] * row[channel];
          }
      }
      return rectified ? Math.max(0, sum) : sum;
    }),
  );
}
