/** Reads stored analyses and never measures. */
import { BUILTIN, BUILTIN_ONLY, builtinChoice, type EngineChooser } from "../engines/engine-choice.ts";
import { AppError } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { Provider } from "./provider.ts";
import { analysisKey, readStored } from "./stored-analysis.ts";

/** Where `auto` would take an engine by which nothing is stored, what Hark computed itself is read, and the result says so. */
export function cachedProvider(storage: () => Promise<Storage>, engines: EngineChooser = BUILTIN_ONLY): Provider {
  return {
    name: "cached",
    async analyse({ track, agent, parameters, engine }) {
      const { analyses } = await storage();
      const source = await engines.choose(agent.engines, engine);
      const stored = await analyses.find(analysisKey(track, { agent, parameters, source }));
      if (stored !== null) return readStored(stored, source);
      if (source.engine !== BUILTIN && source.call?.isRequired === false) {
        const own = builtinChoice([...source.notes, `Nothing by ${source.engine} is stored; this is Hark's own.`]);
        const ownStored = await analyses.find(analysisKey(track, { agent, parameters, source: own }));
        if (ownStored !== null) return readStored(ownStored, own);
      }
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
