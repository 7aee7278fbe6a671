/** Measures anew for every request, and neither reads nor stores. Requests for one track that come together share a pass. */
import { setTimeout } from "node:timers/promises";
import { BUILTIN_ONLY, type EngineChooser } from "../engines/engine-choice.ts";
import type { Track } from "../storage/track-repository.ts";
import type { Provider } from "./provider.ts";
import type { AgentRun, RunPass } from "./run-pass.ts";
import { keyOf, TrackPass } from "./track-pass.ts";

/**
 * How long a track's first request waits for others, ms: much less than decoding takes, and enough for callers that ask for every
 * agent at once, who look the track up first.
 */
const GATHERING_MS = 20;

interface Gathering {
  /** By key, in the order of the requests. */
  readonly runs: Map<string, AgentRun>;
  readonly pass: Promise<TrackPass>;
}

export function liveProvider(runPass: RunPass, engines: EngineChooser = BUILTIN_ONLY): Provider {
  const gatherings = new Map<string, Gathering>();
  const passes = new Set<TrackPass>();

  const gather = (track: Track): Gathering => {
    const runs = new Map<string, AgentRun>();
    const pass = setTimeout(GATHERING_MS).then(() => {
      gatherings.delete(track.id);
      return start(track, [...runs.values()]);
    });
    const gathering = { runs, pass };
    gatherings.set(track.id, gathering);
    return gathering;
  };

  const start = (track: Track, runs: readonly AgentRun[]): TrackPass => {
    const pass = new TrackPass(runs, false, (self) =>
      runPass(track, runs, self, ({ run, result, failure, source, warning, durationMs }) => {
        if (source.engine !== run.source.engine) engines.reportFailure(run.source.engine);
        self.deliver(run, () => {
          if (failure !== null) throw failure;
          return { result, warning, source, cached: false, durationMs, createdAt: new Date() };
        });
      }),
    );
    passes.add(pass);
    pass.done.finally(() => passes.delete(pass));
    return pass;
  };

  const settled = async () => {
    await Promise.all([...gatherings.values()].map((gathering) => gathering.pass));
    await Promise.all([...passes].map((pass) => pass.done));
  };

  return {
    name: "live",
    async analyse({ track, agent, parameters, engine }, call) {
      const run = { agent, parameters, source: await engines.choose(agent.engines, engine) };
      for (;;) {
        const gathering = gatherings.get(track.id) ?? gather(track);
        if (!gathering.runs.has(keyOf(run))) gathering.runs.set(keyOf(run), run);
        const pass = await gathering.pass;
        const analysis = await pass.wait(run, call);
        // The end of the pass also writes down the duration that it measured.
        if (analysis !== null) return pass.done.then(() => analysis);
      }
    },
    prefetch: () => {},
    settled,
    async close() {
      await Promise.all([...gatherings.values()].map((gathering) => gathering.pass));
      for (const pass of passes) pass.stop();
      await settled();
    },
  };
}
