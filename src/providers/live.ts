/** Measures anew for every request, and neither reads nor stores. */
import type { Analysis, Provider } from "./provider.ts";
import type { RunPass } from "./run-pass.ts";

export function liveProvider(runPass: RunPass): Provider {
  return {
    name: "live",
    async analyse({ track, agent, parameters }, call) {
      const outcome = Promise.withResolvers<Analysis>();
      const pass = runPass(track, [{ agent, parameters }], call, ({ result, failure, warning, durationMs }) => {
        if (failure !== null) outcome.reject(failure);
        else outcome.resolve({ result, warning, cached: false, durationMs, createdAt: new Date() });
      });
      const [analysis] = await Promise.all([outcome.promise, pass]);
      return analysis;
    },
    prefetch: () => {},
    settled: async () => {},
    close: async () => {},
  };
}
