/** Tells how the measuring of a track goes. */
import { toAppError } from "../errors.ts";
import type { Services } from "../tools/tool.ts";
import { trackView } from "../tools/track-view.ts";
import type { StatusEvent, ThinkingEvent } from "./chat-message.ts";

type Track = Awaited<ReturnType<Services["library"]["get"]>>;

/** Less is not worth a message. */
const SHARE_STEP = 0.01;

export function statusEvent(track: Track): StatusEvent {
  return { type: "status", status: track.status, track: trackView(track) };
}

/**
 * Goes on until a track that is not measured yet is, or the signal aborts: one event an agent, some on the way, and the
 * track's status whenever it changes. Begins to measure what nobody measures. Servers that store nothing tell nothing. Resolves with whether
 * the track was there to the end.
 */
export async function watchAnalysis(
  services: Services,
  track: Track,
  signal: AbortSignal,
  report: (event: StatusEvent | ThinkingEvent) => void,
): Promise<boolean> {
  const { provider, agents, library } = services;
  const isWaiting = track.status === "pending" || track.status === "analyzing";
  if (provider.name !== "cache-first" || !isWaiting) return true;
  const watch = new Watch(track, agents.length, signal, report);
  const look = async () => {
    const found = await library.find(track.id);
    watch.look(found);
    return found !== null;
  };
  provider.prefetch(track);
  const progress = (share: number | null) => {
    if (watch.progress(share)) look().catch(() => {});
  };
  await Promise.all(
    agents.map(async (agent) => {
      const outcome = await provider.analyse({ track, agent, parameters: {} }, { signal, progress }).then(
        () => "measured",
        (error: unknown) => `failed: ${toAppError(error).message}`,
      );
      watch.ended(agent.name, `${agent.name} ${outcome}`);
    }),
  );
  return await look();
}

/** What has been told, so that nothing is told twice or late. */
class Watch {
  readonly #agentsTotal: number;
  readonly #signal: AbortSignal;
  readonly #report: (event: StatusEvent | ThinkingEvent) => void;
  #status: Track["status"];
  #share: number | null = null;
  #agentsDone = 0;

  constructor(
    { status }: Track,
    agentsTotal: number,
    signal: AbortSignal,
    report: (event: StatusEvent | ThinkingEvent) => void,
  ) {
    this.#status = status;
    this.#agentsTotal = agentsTotal;
    this.#signal = signal;
    this.#report = report;
  }

  look(track: Track | null): void {
    const isNews = track !== null && track.status !== this.#status && !this.#isOver();
    if (!isNews || this.#signal.aborted) return;
    this.#status = track.status;
    this.#report(statusEvent(track));
  }

  /** Whether measuring has begun just now. */
  progress(share: number | null): boolean {
    const step = (share ?? 0) - (this.#share ?? 0);
    const isNews = this.#share === null || step >= SHARE_STEP || (share === 1 && step > 0);
    if (this.#signal.aborted || !isNews) return false;
    const isFirst = this.#share === null;
    this.#share = Number((share ?? 0).toFixed(3));
    this.#think(null, "measuring", share === null ? null : this.#share);
    return isFirst;
  }

  ended(agent: string, message: string): void {
    if (this.#signal.aborted) return;
    this.#agentsDone += 1;
    this.#think(agent, message, this.#share);
  }

  /** A look that took long must not tell an older status. */
  #isOver(): boolean {
    return this.#status === "ready" || this.#status === "failed";
  }

  #think(agent: string | null, message: string, share: number | null): void {
    const counts = { agents_done: this.#agentsDone, agents_total: this.#agentsTotal };
    this.#report({ type: "thinking", agent, message, share, ...counts });
  }
}
