import { expect, test } from "vitest";
import { openTestStorage } from "./test-database.ts";

const { modelHealth, sql } = await openTestStorage();

const healthOf = async (model: string) => (await modelHealth.all()).get(model);

test("latency is an exponentially weighted average, which begins with the first call", async () => {
  await modelHealth.recordSuccess("a", 100, 1000);
  expect(await healthOf("a")).toMatchObject({ calls: 1, firstTokenMs: 100, totalMs: 1000, failureShare: 0 });
  await modelHealth.recordSuccess("a", 200, 2000);
  expect(await healthOf("a")).toMatchObject({ calls: 2, firstTokenMs: 120, totalMs: 1200 });
});

test("the third failure in a row opens the circuit, each further one for longer, a success closes it", async () => {
  const secondsOpen = async () => {
    const until = (await healthOf("b"))?.openUntil;
    return until === null || until === undefined ? null : (until.getTime() - Date.now()) / 1000;
  };
  for (let failure = 0; failure < 2; failure++) await modelHealth.recordFailure("b");
  expect(await secondsOpen()).toBeNull();
  await modelHealth.recordFailure("b");
  expect(await secondsOpen()).toBeGreaterThan(20);
  await modelHealth.recordFailure("b");
  expect(await secondsOpen()).toBeGreaterThan(50);
  for (let failure = 0; failure < 30; failure++) await modelHealth.recordFailure("b");
  expect(await secondsOpen()).toBeLessThanOrEqual(600);
  await modelHealth.recordSuccess("b", 10, 20);
  expect(await healthOf("b")).toMatchObject({ openUntil: null, failuresInRow: 0, failures: 34, firstTokenMs: 10 });
});

test("the share of failures fades as calls succeed", async () => {
  await modelHealth.recordFailure("c");
  const before = (await healthOf("c"))?.failureShare ?? 0;
  await modelHealth.recordSuccess("c", 1, 1);
  expect(before).toBeCloseTo(0.2);
  expect((await healthOf("c"))?.failureShare).toBeCloseTo(0.16);
});

test("parallel records are all counted", async () => {
  await Promise.all(Array.from({ length: 40 }, (_, call) => modelHealth.recordSuccess("d", call, call)));
  expect(await healthOf("d")).toMatchObject({ calls: 40 });
  expect(await sql`select count(*)::int as models from model_health where model = 'd'`).toEqual([{ models: 1 }]);
});
