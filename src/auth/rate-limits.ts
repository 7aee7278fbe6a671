/** How often callers may ask, by the kind of request: what HARK_RATE_LIMIT says. */

/** As scopes have them: looking, changing, and asking language models. */
export const ROUTE_CLASSES = ["read", "write", "ask"] as const;

export type RouteClass = (typeof ROUTE_CLASSES)[number];

/** A token bucket. */
export interface RateLimit {
  /** Requests that come in over `windowSeconds`, evenly. */
  readonly requests: number;
  readonly windowSeconds: number;
  /** The most that may come at once. */
  readonly burst: number;
}

/** Null where nothing is limited. */
export type RateLimits = Readonly<Record<RouteClass, RateLimit>> | null;

export const DEFAULT_RATE_LIMITS = "read=60/10s burst 120, write=20/10s burst 40, ask=10/60s burst 10";

const OFF = "off";
const LIMIT = /^(\w+)\s*=\s*(\d+)\/(\d+)s(?:\s+burst\s+(\d+))?$/;

/**
 * Limits from `read=60/10s burst 120, …`; a class that is not named keeps its default, and without a burst it is the number of requests.
 * `off` gives null. A text that says anything else gives undefined.
 */
export function parseRateLimits(text: string): RateLimits | undefined {
  if (text.trim() === OFF) return null;
  const named = limitsIn(text);
  const defaults = limitsIn(DEFAULT_RATE_LIMITS);
  const [read, write, ask] = ROUTE_CLASSES.map((name) => named?.get(name) ?? defaults?.get(name));
  if (named === undefined || !read || !write || !ask) return undefined;
  return { read, write, ask };
}

function limitsIn(text: string): ReadonlyMap<string, RateLimit> | undefined {
  const limits = new Map<string, RateLimit>();
  for (const part of text.split(",")) {
    const [, name = "", requests, windowSeconds, burst = requests] = LIMIT.exec(part.trim()) ?? [];
    const limit = { requests: Number(requests), windowSeconds: Number(windowSeconds), burst: Number(burst) };
    const isKnown = ROUTE_CLASSES.some((known) => known === name);
    if (!isKnown || !(limit.requests > 0 && limit.windowSeconds > 0 && limit.burst > 0)) return undefined;
    limits.set(name, limit);
  }
  return limits;
}
