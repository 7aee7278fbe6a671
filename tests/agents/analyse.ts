/** Runs an agent over a whole signal, for tests. */
import type { Agent } from "../../src/agents/agent.ts";
import { openExtraction } from "../../src/features/extraction.ts";

/** What the agent makes of a signal `[channel][sample]`, handed over in blocks of about a second. */
export function analyse(
  agent: Agent,
  channels: readonly Float32Array[],
  sampleRate: number,
  parameters: Record<string, unknown> = {},
): Record<string, unknown> {
  const extraction = openExtraction({ sampleRate, channels: channels.length }, agent.needs);
  for (let start = 0; start < channels[0].length; start += sampleRate) {
    const block = channels.map((samples) => samples.subarray(start, start + sampleRate));
    extraction.push({ channels: block, length: block[0].length });
  }
  return agent.analyse(extraction.finish(), agent.parameters.parse(parameters));
}
