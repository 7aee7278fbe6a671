/** Takes tokens out of buckets: in the database, where all processes share them, or in memory where there is none. */
import type { Storage } from "../storage/storage.ts";
import type { RateLimit } from "./rate-limits.ts";

export interface BucketState {
  readonly allowed: boolean;
  /** Whole requests that may follow at once. */
  readonly remaining: number;
  /** Until the next request may come, whole seconds; 0 where one may come now. */
  readonly retryAfterSeconds: number;
  /** Until the bucket is full, whole seconds. */
  readonly resetSeconds: number;
}

export type TakeToken = (bucket: string, limit: RateLimit) => Promise<BucketState>;

/** One request in so many also tidies up. */
const REQUESTS_PER_CLEANING = 1000;
const MOST_BUCKETS_IN_MEMORY = 10_000;

/** Exact across processes. */
export function storedBuckets(storage: () => Promise<Storage>): TakeToken {
  let requests = 0;
  return async (bucket, limit) => {
    const { rateBuckets } = await storage();
    const { allowed, tokens } = await rateBuckets.take(bucket, limit.burst, perSecond(limit));
    requests += 1;
    if (requests % REQUESTS_PER_CLEANING === 0) await rateBuckets.removeFull();
    return stateOf(allowed, tokens, limit);
  };
}

/** Exact within this process. @param now Milliseconds on a clock that does not go back. */
export function memoryBuckets(now: () => number = () => performance.now()): TakeToken {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return async (bucket, limit) => {
    const atMs = now();
    const before = buckets.get(bucket) ?? { tokens: limit.burst, atMs };
    const refilled = Math.min(limit.burst, before.tokens + (perSecond(limit) * (atMs - before.atMs)) / 1000);
    const allowed = refilled >= 1;
    const tokens = allowed ? refilled - 1 : refilled;
    // The bucket that was used last goes to the end: when there are too many, the one idle for longest is forgotten.
    buckets.delete(bucket);
    buckets.set(bucket, { tokens, atMs });
    const [oldest] = buckets.keys();
    if (buckets.size > MOST_BUCKETS_IN_MEMORY && oldest !== undefined) buckets.delete(oldest);
    return stateOf(allowed, tokens, limit);
  };
}

function perSecond({ requests, windowSeconds }: RateLimit): number {
  return requests / windowSeconds;
}

function stateOf(allowed: boolean, tokens: number, limit: RateLimit): BucketState {
  const secondsUntil = (wanted: number) => Math.max(0, Math.ceil((wanted - tokens) / perSecond(limit)));
  return {
    allowed,
    remaining: Math.floor(tokens),
    retryAfterSeconds: allowed ? 0 : Math.max(1, secondsUntil(1)),
    resetSeconds: secondsUntil(limit.burst),
  };
}
