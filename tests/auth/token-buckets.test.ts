import { afterAll, describe, expect, test } from "vitest";
import { parseRateLimits } from "../../src/auth/rate-limits.ts";
import { memoryBuckets, storedBuckets, type TakeToken } from "../../src/auth/token-buckets.ts";
import { openStorage } from "../../src/storage/storage.ts";
import { createTestDatabase } from "../storage/test-database.ts";
import { startTokenProcesses } from "./token-processes.ts";

const database = await createTestDatabase();
const storage = await openStorage(database);
afterAll(() => storage.close());

/** So slow that nothing comes in while a test runs. */
const SLOW = { requests: 1, windowSeconds: 10_000, burst: 5 };
let nextBucket = 0;
const newBucket = () => `bucket ${nextBucket++}`;

interface Kind {
  readonly take: TakeToken;
  /** Lets time pass for a bucket. */
  readonly wait: (bucket: string, seconds: number) => Promise<void>;
}

let memoryMs = 0;
const KINDS: Record<string, Kind> = {
  "in the database": {
    take: storedBuckets(async () => storage),
    wait: async (bucket, seconds) => {
      await storage.sql`update rate_buckets set updated_at = updated_at - make_interval(secs => ${seconds}) where name = ${bucket}`;
    },
  },
  "in memory": {
    take: memoryBuckets(() => memoryMs),
    wait: async (_bucket, seconds) => {
      memoryMs += seconds * 1000;
    },
  },
};

describe.each(Object.entries(KINDS))("a bucket %s", (_name, { take, wait }) => {
  test("begins full, gives its burst, and then says how long to wait", async () => {
    const bucket = newBucket();
    const remaining: number[] = [];
    for (let count = 0; count < 5; count++) {
      const state = await take(bucket, SLOW);
      expect(state).toMatchObject({ allowed: true, retryAfterSeconds: 0 });
      remaining.push(state.remaining);
    }
    expect(remaining).toEqual([4, 3, 2, 1, 0]);
    const refused = await take(bucket, SLOW);
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(refused.retryAfterSeconds).toBeGreaterThan(9_900);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(10_000);
  });

  test("fills again evenly and no further than its burst; being refused costs nothing", async () => {
    const bucket = newBucket();
    const limit = { requests: 10, windowSeconds: 1000, burst: 3 };
    const grants = async () => {
      let count = 0;
      while ((await take(bucket, limit)).allowed) count += 1;
      return count;
    };
    expect(await grants()).toBe(3);
    for (let count = 0; count < 10; count++) expect((await take(bucket, limit)).allowed).toBe(false);
    await wait(bucket, 205);
    expect(await grants()).toBe(2);
    await wait(bucket, 99_999);
    expect(await grants()).toBe(3);
  });

  test("is one of its own for each name", async () => {
    const [full, used] = [newBucket(), newBucket()];
    for (let count = 0; count < 6; count++) await take(used, SLOW);
    expect((await take(full, SLOW)).allowed).toBe(true);
    expect((await take(used, SLOW)).allowed).toBe(false);
  });

  test("gives exactly its burst to requests that come at once", async () => {
    const bucket = newBucket();
    const states = await Promise.all(Array.from({ length: 40 }, () => take(bucket, SLOW)));
    expect(states.filter(({ allowed }) => allowed)).toHaveLength(5);
  });
});

test("four processes together get exactly the burst of a bucket", async () => {
  await using processes = await startTokenProcesses(4, database);
  const bucket = newBucket();
  const limit = { ...SLOW, burst: 77 };
  const granted = await processes.run({ kind: "bucket", bucket, limit, times: 60 });
  expect(granted).toHaveLength(4);
  expect(granted.reduce((sum, count) => sum + count, 0)).toBe(77);
  expect(granted.filter((count) => count > 0).length).toBeGreaterThan(1);
});

test("buckets that have filled up again are forgotten, others are not", async () => {
  const [idle, used] = [newBucket(), newBucket()];
  const take = storedBuckets(async () => storage);
  await take(idle, { requests: 1000, windowSeconds: 1, burst: 1000 });
  await take(used, SLOW);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await storage.rateBuckets.removeFull();
  const left = await storage.sql`select name from rate_buckets where name in (${idle}, ${used})`;
  expect(left.map(({ name }) => name)).toEqual([used]);
});

describe("HARK_RATE_LIMIT", () => {
  test("names the classes that are not as usual", () => {
    expect(parseRateLimits("ask=5/60s, read=1000/1s burst 2000")).toEqual({
      read: { requests: 1000, windowSeconds: 1, burst: 2000 },
      write: { requests: 20, windowSeconds: 10, burst: 40 },
      ask: { requests: 5, windowSeconds: 60, burst: 5 },
    });
    expect(parseRateLimits("off")).toBeNull();
  });

  test.each(["", "read", "read=0/1s", "read=1/0s", "read=1/1s burst 0", "paint=1/1s", "read=1/1m", "read=-1/1s"])(
    "cannot be %j",
    (text) => {
      expect(parseRateLimits(text)).toBeUndefined();
    },
  );
});
