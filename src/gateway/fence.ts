/**
 * A fence around what others wrote (tags, file names, transcripts, results of tools), so that a model can tell it from what it
 * is asked to do. The marker is random and new for each question: text that was written before cannot close the fence.
 */
import { randomBytes } from "node:crypto";

const MARKER_BYTES = 12;

export interface Fence {
  readonly marker: string;
  /** The value as one line of JSON between two lines with the marker, which is removed from the value itself. */
  enclose(value: unknown): string;
}

export function createFence(marker = randomBytes(MARKER_BYTES).toString("hex")): Fence {
  const pattern = new RegExp(marker, "gi");
  return {
    marker,
    enclose(value) {
      const json = JSON.stringify(value) ?? "null";
      return `<data-${marker}>\n${json.replace(pattern, "[removed]")}\n</data-${marker}>`;
    },
  };
}
