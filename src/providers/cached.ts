/** Reads stored analyses and never measures. */
import { AppError } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { Provider } from "./provider.ts";
import { analysisKey, readStored } from "./stored-analysis.ts";

export function cachedProvider(storage: () => Promise<Storage>): Provider {
  return {
    name: "cached",
    async analyse({ track, agent, parameters }) {
      const { analyses } = await storage();
      const stored = await analyses.find(analysisKey(track, agent, parameters));
      if (stored !== null) return readStored(stored);
      throw new AppError(
        "not_found",
        `No ${agent.name} analysis of this track is stored. Set HARK_PROVIDER=cache-first to have it measured.`,
      );
    },
    prefetch: () => {},
    settled: async () => {},
    close: async () => {},
  };
}
