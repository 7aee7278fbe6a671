import { expect, test } from "vitest";
import { openTestStorage } from "./test-database.ts";

const { routes } = await openTestStorage();

test("a decision is given back as it was stored, with its outcome", async () => {
  const decision = {
    owner: "local",
    request: { task: "chat" },
    candidates: [{ model: "b" }, { model: "a", score: 0.5 }],
    chosen: "a",
  };
  const id = await routes.store(decision);
  expect(await routes.find("local", id)).toMatchObject({ id, ...decision, outcome: null });
  await routes.setOutcome(id, { cost_usd: 0.1 });
  expect(await routes.find("local", id)).toMatchObject({ outcome: { cost_usd: 0.1 } });
  expect(await routes.find("local", "rte_none")).toBeNull();
});

test("text that Postgres refuses elsewhere is no obstacle", async () => {
  const id = await routes.store({ owner: "local", request: { sessionId: "a\0b\ud800" }, candidates: [], chosen: null });
  expect(await routes.find("local", id)).toMatchObject({
    owner: "local",
    request: { sessionId: expect.stringMatching(/^a/) },
  });
  await routes.setOutcome(id, { model: "a\0" });
});

test("lists the newest first, since a time", async () => {
  const id = await routes.store({ owner: "local", request: {}, candidates: [], chosen: null });
  expect((await routes.list("local", null, 1)).map((decision) => decision.id)).toEqual([id]);
  expect(await routes.list("local", new Date(Date.now() + 60_000), 10)).toEqual([]);
});
