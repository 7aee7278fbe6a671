/** Keeps samples that are no numbers from FFmpeg's filters and encoders, which make of them full scale, or nothing at all. */
import { wasmDecoder } from "../audio/wasm-decoder.ts";
import { allFinite } from "../dsp/finite.ts";
import { toAppError } from "../errors.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { withSource } from "./run-ffmpeg-filter.ts";

/** They become 0, as everywhere in Hark. It is slow (a core for 13 s an hour of stereo), so only for files that need it. */
const FINITE = "aeval=exprs='if(isnan(val(ch))+isinf(val(ch)),0,val(ch))':channel_layout=same";
const FLOAT_CODEC = /^pcm_f\d+/;
const INPUT = "[0:a:0]";

/**
 * The graph for a source, from `[0:a:0]` on: as it is where all samples are numbers. Only codings of floating point can hold others;
 * WAV and AIFF are read to know, other containers are taken to. @throws AppError the signal's reason.
 */
export async function overFinite(
  graph: string,
  { path, probe }: Pick<SourceFile, "path" | "probe">,
  context: OperationContext,
): Promise<string> {
  if (!FLOAT_CODEC.test(probe.codec) || !graph.startsWith(INPUT)) return graph;
  if (await holdsNumbers(path, context)) return graph;
  return `${INPUT}${FINITE},${graph.slice(INPUT.length)}`;
}

/** False also where it cannot be known. */
async function holdsNumbers(path: string, { limits, signal }: OperationContext): Promise<boolean> {
  try {
    return await withSource(path, async (source) => {
      const { blocks } = await wasmDecoder.open(source, { limits, signal });
      for await (const { channels } of blocks) if (!channels.every(allFinite)) return false;
      return true;
    });
  } catch (error) {
    signal.throwIfAborted();
    if (toAppError(error).kind === "cancelled") throw error;
    return false;
  }
}
